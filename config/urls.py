"""The whole public map on one screen."""

from django.contrib import admin
from django.urls import include, path, register_converter

from blog import editor, feeds, health, media, sitemaps, views
from blog.converters import MonthConverter, SlugConverter, YearConverter

register_converter(SlugConverter, "uslug")
register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")

urlpatterns = [
    # Reading
    path("", views.home, name="home"),
    path("<year:year>/", views.archive, name="year"),
    path("<year:year>/<month:month>/", views.archive, name="month"),
    path("<year:year>/<month:month>/<uslug:slug>/", views.post, name="post"),
    path("tags/<uslug:slug>/", views.tag, name="tag"),
    path("people/<uslug:slug>/", views.person, name="person"),
    path("search/", views.search, name="search"),
    path("feeds/posts.atom", feeds.posts, name="feed-posts"),
    path("tags/<uslug:slug>/feed.atom", feeds.tag, name="feed-tag"),
    # Discussing
    path("comments/", include("comments.urls")),
    # Publishing
    path("<year:year>/<month:month>/<uslug:slug>/edit/", views.edit, name="post-edit"),
    path("admin/markdownx/upload/", editor.upload, name="markdownx_upload"),
    path("admin/markdownx/markdownify/", editor.preview_text, name="markdownx_markdownify"),
    path("admin/", admin.site.urls),
    # For machines
    path("media/<path:path>", media.serve, name="media"),
    path("sitemap.xml", sitemaps.posts, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = "blog.views.bad_request"
handler404 = "blog.views.not_found"
handler403 = "blog.views.forbidden"
handler500 = "blog.views.server_error"
