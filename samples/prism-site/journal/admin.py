from django.contrib import admin

from .models import Entry, Revision, Topic


class RevisionInline(admin.TabularInline):
    model = Revision
    extra = 0
    can_delete = False
    readonly_fields = ["number", "title", "body", "saved_at"]

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "created_at", "published_at", "word_count"]
    list_filter = ["topics"]
    search_fields = ["title", "body"]
    inlines = [RevisionInline]


admin.site.register(Topic)
