"""The published entries as JSON; only where Django REST framework is installed."""

from rest_framework import routers, serializers, viewsets

from .models import Entry
from .views import published


class EntrySerializer(serializers.ModelSerializer):
    topics = serializers.SlugRelatedField("name", many=True, read_only=True)

    class Meta:
        model = Entry
        fields = ["slug", "title", "body", "topics", "published_at", "word_count"]


class EntryViewSet(viewsets.ReadOnlyModelViewSet):
    serializer_class = EntrySerializer
    lookup_field = "slug"

    def get_queryset(self):
        return published().prefetch_related("topics")


router = routers.DefaultRouter()
router.register("entries", EntryViewSet, basename="entry")
urlpatterns = router.urls
