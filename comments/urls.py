from django.urls import path, register_converter

from comments import live, mine, views, yours
from comments.ids import PublicIdConverter
from comments.mailing import subscriptions

register_converter(PublicIdConverter, "comment")

urlpatterns = [
    path("new/<int:post_id>/", views.new, name="comment-new"),
    path("confirm/<int:post_id>/", views.confirm, name="comment-confirm"),
    path("version/<int:post_id>/", live.version, name="comment-version"),
    # Mail about comments
    path("subscribe/<int:post_id>/", subscriptions.subscribe, name="comment-subscribe"),
    path("subscribe/<int:post_id>/confirm/", subscriptions.confirm_subscribe, name="comment-subscribe-confirm"),
    path("confirm-address/<str:token>/", subscriptions.confirm_address, name="comment-confirm-address"),
    path("unsubscribe/<str:token>/", subscriptions.unsubscribe, name="comment-unsubscribe"),
    # What is kept under an address
    path("yours/", yours.ask, name="comment-yours"),
    path("yours/<str:token>/", yours.page, name="comment-yours-page"),
    path("yours/<str:token>/comments.json", yours.export_json, name="comment-export-json"),
    path("yours/<str:token>/comments.html", yours.export_html, name="comment-export-html"),
    path("yours/<str:token>/erase/", yours.erase, name="comment-erase"),
    # One comment
    path("<comment:number>/", views.comment, name="comment"),
    path("<comment:number>/mine/", mine.show, name="comment-mine"),
    path("<comment:number>/mine/edit/", mine.edit, name="comment-edit"),
    path("<comment:number>/mine/delete/", mine.delete, name="comment-delete"),
]
