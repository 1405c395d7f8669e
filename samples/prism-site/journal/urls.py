from django.urls import path

from . import views

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("write/", views.Write.as_view(), name="write"),
    path("entries/<slug:slug>/", views.EntryPage.as_view(), name="entry"),
]
