from django.urls import path, register_converter

from comments import views
from comments.ids import PublicIdConverter

register_converter(PublicIdConverter, "comment")

urlpatterns = [
    path("new/<int:post_id>/", views.new, name="comment-new"),
    path("confirm/<int:post_id>/", views.confirm, name="comment-confirm"),
    path("<comment:number>/", views.comment, name="comment"),
]
