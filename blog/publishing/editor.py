"""The two views that the editor's script calls: one stores a picture, the other renders a preview of a text.

They replace those of django-markdownx, which answer everybody, trust the type and the name that the sender claims, and
let scripts through. The script inserts every response into the page, whatever its status, so each refusal here is a
sentence that reads well where the script inserts it.
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
    """Store the picture in `image`. The script inserts the `image_code` of the response into the text."""
    if not _is_staff_with(request.user, "blog.upload_picture"):
        return _refuse_picture(_refusal(request.user), status=403)
    picture = request.FILES.get("image")
    if not isinstance(picture, UploadedFile):
        return _refuse_picture(_("No picture arrived. Choose it again."), status=400)
    try:
        name = images.store(picture)
    except images.PictureRefused as refusal:
        return _refuse_picture(str(refusal), status=400)
    except storages.StorageUnavailable:
        return _refuse_picture(str(storages.UNAVAILABLE), status=503)
    return JsonResponse({"image_code": f"![{_('Describe this picture')}]({default_storage.url(name)})"})


@never_cache
@require_POST
def preview_text(request: HttpRequest) -> HttpResponse:
    """Return the HTML of the Markdown in `content`."""
    if not _is_staff_with(request.user, "blog.add_post", "blog.change_post"):
        return _refuse_preview(_refusal(request.user), status=403)
    content = request.POST.get("content", "")
    if len(content) > ProseField.MAX_LENGTH:
        return _refuse_preview(_("This text is too long for a preview."), status=400)
    return HttpResponse(markdownify(content))


def markdownify(content: str) -> str:
    """Render a host's text as readers will see it. Its ids begin with `preview-`."""
    html = rendering.render_post(content, id_prefix="preview-")
    return placement.insert_videos(html, (), text="", template="blog/_video.html")


def _is_staff_with(user: User | AnonymousUser, *permissions: str) -> bool:
    """Tell whether `user` is staff and has at least one of `permissions`."""
    return user.is_staff and any(user.has_perm(permission) for permission in permissions)


def _refusal(user: User | AnonymousUser) -> str:
    if user.is_authenticated:
        return _("Your account does not have permission to do this. Ask the owner of the site for it.")
    return _("You are signed out. Sign in again in another tab; your text stays in this one.")


def _refuse_picture(sentence: str, *, status: int) -> JsonResponse:
    """Put the refusal into the text in place of the picture: the script has no other way to show one."""
    return JsonResponse({"error": sentence, "image_code": f"**[{sentence}]**"}, status=status)


def _refuse_preview(sentence: str, *, status: int) -> HttpResponse:
    return HttpResponse(format_html('<p class="errornote">{}</p>', sentence), status=status)
