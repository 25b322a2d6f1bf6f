from django.urls import path, register_converter

from blog.reading.url_converters import PostIdConverter
from comments.threads import live
from comments.threads.ids import PublicIdConverter
from comments.views import own_comments, personal_data, public, subscriptions

register_converter(PublicIdConverter, "comment")
register_converter(PostIdConverter, "post")

urlpatterns = [
    path("new/<post:post_id>/", public.new, name="comment-new"),
    path("confirm/<post:post_id>/", public.confirm, name="comment-confirm"),
    path("version/<post:post_id>/", live.discussion_version, name="comment-version"),
    # E-mail about comments
    path("subscribe/<post:post_id>/", subscriptions.subscribe, name="comment-subscribe"),
    path("subscribe/<post:post_id>/confirm/", subscriptions.confirm_subscribe, name="comment-subscribe-confirm"),
    path("confirm-address/<str:token>/", subscriptions.confirm_email, name="comment-confirm-email"),
    path("unsubscribe/<str:token>/", subscriptions.unsubscribe, name="comment-unsubscribe"),
    # What is stored under an e-mail address
    path("yours/", personal_data.request_link, name="personal-data"),
    path("yours/<str:token>/", personal_data.overview, name="personal-data-page"),
    path("yours/<str:token>/comments.json", personal_data.export_json, name="comment-export-json"),
    path("yours/<str:token>/comments.html", personal_data.export_html, name="comment-export-html"),
    path("yours/<str:token>/erase/", personal_data.erase, name="comment-erase"),
    # One comment
    path("<comment:pk>/", public.comment, name="comment"),
    path("<comment:pk>/mine/", own_comments.detail, name="own-comment"),
    path("<comment:pk>/mine/edit/", own_comments.edit, name="comment-edit"),
    path("<comment:pk>/mine/delete/", own_comments.delete, name="comment-delete"),
]
