from django.urls import path, register_converter

from comments import live, mine, views
from comments.ids import PublicIdConverter

register_converter(PublicIdConverter, "comment")

urlpatterns = [
    path("new/<int:post_id>/", views.new, name="comment-new"),
    path("confirm/<int:post_id>/", views.confirm, name="comment-confirm"),
    path("version/<int:post_id>/", live.version, name="comment-version"),
    path("<comment:number>/", views.comment, name="comment"),
    path("<comment:number>/mine/", mine.show, name="comment-mine"),
    path("<comment:number>/mine/edit/", mine.edit, name="comment-edit"),
    path("<comment:number>/mine/delete/", mine.delete, name="comment-delete"),
]
