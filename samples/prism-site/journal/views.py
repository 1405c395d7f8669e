from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import connection
from django.utils import timezone
from django.views.generic import CreateView, DetailView, ListView

from prism import release

from .forms import EntryForm
from .models import Entry


def published():
    return Entry.objects.filter(published_at__lte=timezone.now()).order_by("-published_at")


class Home(ListView):
    template_name = "journal/home.html"
    context_object_name = "entries"

    def get_queryset(self):
        return published()[:20]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            release=release.name(), generation=release.generation(), database=connection.vendor, **kwargs
        )


class EntryPage(DetailView):
    template_name = "journal/entry.html"

    def get_queryset(self):
        return published()


class Write(LoginRequiredMixin, CreateView):
    form_class = EntryForm
    template_name = "journal/write.html"

    def get_context_data(self, **kwargs):
        fields = "journal/fields_crispy.html" if settings.HAS_CRISPY else "journal/fields_plain.html"
        return super().get_context_data(fields=fields, **kwargs)

    def form_valid(self, form):
        form.instance.author = self.request.user
        form.instance.published_at = timezone.now()
        return super().form_valid(form)
