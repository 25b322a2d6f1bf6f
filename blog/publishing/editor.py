"""What the editor's script asks the server for: to keep a picture, and to show a text as the page will.

django-markdownx brings views for both. They are not used: they answer everybody, believe the type and the name that
the sender claims, and let scripts through. Its script puts every answer into the page, whatever the status says, so
each refusal here is a sentence in the place where the script puts it.
"""

from django.contrib.auth.models import AnonymousUser, User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from blog import rendering
from blog.models.fields import ProseField
from blog.videos import placement
from core.files import images, storages


@never_cache
@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Keep the picture in `image`. `image_code` of the answer is what the script writes into the text."""
    if not _is_staff_with(request.user, "blog.upload_picture"):
        return _no_picture(_no_entry(request.user), status=403)
    picture = request.FILES.get("image")
    if not isinstance(picture, UploadedFile):
        return _no_picture(_("No picture arrived. Choose it once more."), status=400)
    try:
        name = images.store(picture)
    except images.PictureRefused as refusal:
        return _no_picture(str(refusal), status=400)
    except storages.StorageUnavailable:
        return _no_picture(str(storages.UNAVAILABLE), status=503)
    return JsonResponse({"image_code": f"![{_('Describe this picture')}]({default_storage.url(name)})"})


@never_cache
@require_POST
def preview_text(request: HttpRequest) -> HttpResponse:
    """The HTML of the Markdown in `content`."""
    if not _is_staff_with(request.user, "blog.add_post", "blog.change_post"):
        return _no_preview(_no_entry(request.user), status=403)
    content = request.POST.get("content", "")
    if len(content) > ProseField.MAX_LENGTH:
        return _no_preview(_("This text is too long for a preview."), status=400)
    return HttpResponse(markdownify(content))


def markdownify(content: str) -> str:
    """The HTML of a host's text as readers get it; its ids begin with `preview-`."""
    html = rendering.render_post(content, id_prefix="preview-")
    return placement.insert_videos(html, (), text="", template="blog/_video.html")


def _is_staff_with(user: User | AnonymousUser, *permissions: str) -> bool:
    """Whether `user` works here and has at least one of `permissions`."""
    return user.is_staff and any(user.has_perm(permission) for permission in permissions)


def _no_entry(user: User | AnonymousUser) -> str:
    if user.is_authenticated:
        return _("Your account may not do this. Ask the owner of the site for the permission.")
    return _("You are signed out. Sign in again in another tab; your text stays here.")


def _no_picture(sentence: str, *, status: int) -> JsonResponse:
    """A refusal that stands in the text in place of the picture: the script has no other way to show one."""
    return JsonResponse({"error": sentence, "image_code": f"**[{sentence}]**"}, status=status)


def _no_preview(sentence: str, *, status: int) -> HttpResponse:
    return HttpResponse(format_html('<p class="errornote">{}</p>', sentence), status=status)
