"""Every URL of the site on one screen."""

from django.contrib import admin
from django.urls import include, path, register_converter

from blog.permissions import author_pages, disputes, register
from blog.publishing import editor
from blog.reading import citations, feeds, sitemaps, views
from blog.reading.url_converters import AuthorTokenConverter, MonthConverter, SlugConverter, YearConverter
from comments.threads import feeds as comment_feeds
from core import health
from core.files import serving

register_converter(AuthorTokenConverter, "authortoken")
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
    path("feeds/posts.json", feeds.posts_json, name="feed-posts-json"),
    path("tags/<uslug:slug>/feed.atom", feeds.tag, name="feed-tag"),
    path("<year:year>/<month:month>/<uslug:slug>/cite.bib", citations.bibtex, name="cite-bibtex"),
    path("<year:year>/<month:month>/<uslug:slug>/cite.ris", citations.ris, name="cite-ris"),
    # Permissions
    path("permissions/", register.index, name="permissions"),
    path("permissions/<slug:public_id>/", register.permission, name="permission"),
    path("permissions/<slug:public_id>.jsonld", register.permission_jsonld, name="permission-jsonld"),
    path("permissions/<slug:public_id>/dispute/", disputes.dispute, name="dispute"),
    # Discussing
    path("feeds/comments.atom", comment_feeds.latest, name="feed-comments"),
    path("<year:year>/<month:month>/<uslug:slug>/comments.atom", comment_feeds.of_post, name="feed-post-comments"),
    path("comments/", include("comments.urls")),
    # Granting
    path("grant/<authortoken:token>/", author_pages.author_page, name="author-page"),
    # Publishing
    path("<year:year>/<month:month>/<uslug:slug>/edit/", views.edit, name="post-edit"),
    path("admin/markdownx/upload/", editor.upload, name="markdownx_upload"),
    path("admin/markdownx/markdownify/", editor.preview_text, name="markdownx_markdownify"),
    path("admin/", admin.site.urls),
    # For machines
    path("media/<path:path>", serving.serve, name="media"),
    path("sitemap.xml", sitemaps.posts, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = "blog.reading.views.bad_request"
handler404 = "blog.reading.views.not_found"
handler403 = "blog.reading.views.forbidden"
handler500 = "blog.reading.views.server_error"
