"""The sample's pictures, drawn by code: nothing is downloaded, and every machine draws the same."""

from collections.abc import Iterable

from PIL import Image, ImageColor, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1280, 720  # pixels
SCALE = 2  # pictures are drawn larger by this factor and then scaled down, for smooth edges
Point = tuple[float, float]


def street() -> Image.Image:
    """A street at dusk whose shadows fall the wrong way."""
    picture = gradient("#141a33", "#3b2f55", "#8a4a5e", "#d98a5c", "#f3c98b")
    sun = (0.5, 0.56)
    add_glow(picture, sun, 0.75, "#ff9a4d", 0.65)
    add_disc(picture, sun, 0.075, "#ffe9bd")
    add_shape(picture, [(0, 0.62), (1, 0.62), (1, 1), (0, 1)], "#2b2440", 0.78)
    add_shape(picture, [(0.485, 0.62), (0.515, 0.62), (0.83, 1), (0.17, 1)], "#d9915f", 0.42)
    for side in (-1, 1):
        add_houses(picture, side)
        add_lamps(picture, side)
    add_glow(picture, sun, 0.3, "#ffdca0", 0.5)
    return finished(picture)


def add_houses(picture: Image.Image, side: int) -> None:
    """A row of flat fronts that shrink towards the vanishing point; `side` is -1 for left, 1 for right."""
    for near, far, height, colour in (
        (1.00, 0.70, 1.02, "#17152b"),
        (0.70, 0.46, 0.84, "#1d1a33"),
        (0.46, 0.29, 1.12, "#28213f"),
        (0.29, 0.17, 0.92, "#38294a"),
        (0.17, 0.09, 1.05, "#4d3352"),
    ):
        inner, outer = 0.5 + side * far * 0.5, 0.5 + side * near * 0.52
        front = [
            (inner, 0.62 - far * height * 0.6),
            (outer, 0.62 - near * height * 0.6),
            (outer, 0.62 + near * 0.4),
            (inner, 0.62 + far * 0.4),
        ]
        add_shape(picture, front, colour, 0.96)


def add_lamps(picture: Image.Image, side: int) -> None:
    """Lamp posts, each with a shadow that runs towards the sun."""
    for depth in (0.8, 0.5, 0.31, 0.19, 0.12):
        x, foot, top = 0.5 + side * depth * 0.36, 0.62 + depth * 0.36, 0.62 - depth * 0.34
        thick = depth * 0.006
        shadow = [(x - 2 * thick, foot), (x + 2 * thick, foot), (0.5 + (x - 0.5) * 0.5, 0.62 + (foot - 0.62) * 0.42)]
        add_shape(picture, shadow, "#0d0b1c", 0.75)
        add_shape(picture, [(x - thick, top), (x + thick, top), (x + thick, foot), (x - thick, foot)], "#0d0b1c", 1)
        add_glow(picture, (x, top), depth * 0.12, "#ffd9a0", 0.8)


def open_book() -> Image.Image:
    """An open book on dark cloth: one word on the left, a frame and a seal on the right."""
    picture = gradient("#20323a", "#16242b", "#0f191f")
    add_glow(picture, (0.3, 0.25), 1.1, "#5d7f86", 0.6)
    add_shape(picture, [(0.2, 0.15), (0.8, 0.15), (0.815, 0.9), (0.185, 0.9)], "#080d10", 0.55)
    add_shape(picture, box(0.195, 0.12, 0.5, 0.86), "#ece2cf", 1)
    add_shape(picture, box(0.5, 0.12, 0.805, 0.86), "#f6efe1", 1)
    for fold in range(24):
        add_shape(picture, box(0.5 - fold * 0.0015, 0.12, 0.5 + fold * 0.0009, 0.86), "#8a7657", 0.03)
    add_shape(picture, box(0.325, 0.47, 0.37, 0.477), "#5a4a36", 0.85)
    for inset in (0.022, 0.03):
        add_frame(picture, (0.515 + inset, 0.12 + inset * 1.8, 0.805 - inset, 0.86 - inset * 1.8), "#b9a27c")
    for top, half in ((0.27, 0.045), (0.315, 0.078), (0.36, 0.025), (0.7, 0.04)):
        add_shape(picture, box(0.66 - half, top, 0.66 + half, top + 0.009), "#6d5c45", 0.85)
    for radius, colour in ((0.062, "#7d1f24"), (0.052, "#a32c30"), (0.028, "#8c2429")):
        add_disc(picture, (0.66, 0.54), radius, colour)
    return finished(picture)


def sheets() -> Image.Image:
    """Translucent sheets, and the thread that holds them together."""
    picture = gradient("#f1e9da", "#dcd9d2", "#b9c6cc")
    for step in range(9):
        x, tilt = 0.1 + step * 0.085, (step - 4) * 0.035
        sheet = [(x - tilt, 0.14), (x + 0.2 - tilt, 0.1 + step * 0.01), (x + 0.2 + tilt, 0.88), (x + tilt, 0.92)]
        add_shape(picture, sheet, "#2f5a6b", 0.1 + step * 0.012)
        edge = [(x - tilt, 0.14), (x - tilt + 0.003, 0.14), (x + tilt + 0.003, 0.92), (x + tilt, 0.92)]
        add_shape(picture, edge, "#fff", 0.7)
    thread = [(step / 40, 0.52 + 0.16 * (step / 40 - 0.5) ** 3 * 8) for step in range(41)]
    add_shape(picture, [*thread, *((x, y + 0.006) for x, y in reversed(thread))], "#b3262d", 0.9)
    return finished(picture)


def gradient(*colours: str) -> Image.Image:
    """Return a large canvas with a gradient of these colours from top to bottom."""
    column = Image.new("RGB", (1, len(colours)))
    column.putdata([ImageColor.getrgb(colour)[:3] for colour in colours])
    return column.resize((WIDTH * SCALE, HEIGHT * SCALE), Image.Resampling.BICUBIC)


def add_shape(picture: Image.Image, corners: Iterable[Point], colour: str, strength: float) -> None:
    """Draw a polygon. Corners are fractions of width and height; strength runs from 0 (transparent) to 1 (opaque)."""
    points = [(x * picture.width, y * picture.height) for x, y in corners]
    red, green, blue = ImageColor.getrgb(colour)[:3]
    ImageDraw.Draw(picture, "RGBA").polygon(points, fill=(red, green, blue, round(255 * strength)))


def add_disc(picture: Image.Image, centre: Point, radius: float, colour: str) -> None:
    """Draw a disc. The radius is a fraction of the height."""
    x, y, r = centre[0] * picture.width, centre[1] * picture.height, radius * picture.height
    ImageDraw.Draw(picture).ellipse((x - r, y - r, x + r, y + r), fill=colour)


def add_frame(picture: Image.Image, edges: tuple[float, float, float, float], colour: str) -> None:
    """Draw a thin frame. `edges` are left, top, right and bottom, as fractions of width and height."""
    corners = [(edges[0], edges[1]), (edges[2], edges[3])]
    points = [(x * picture.width, y * picture.height) for x, y in corners]
    ImageDraw.Draw(picture).rectangle((*points[0], *points[1]), outline=colour, width=2 * SCALE)


def add_glow(picture: Image.Image, centre: Point, radius: float, colour: str, strength: float) -> None:
    """Add light that fades out around a point. The radius is a fraction of the height."""
    size = round(2 * radius * picture.height)
    # Pillow's gradient is 255 in the corners and 181 where its circle touches the edges. There the light must end.
    light = Image.radial_gradient("L").point(lambda distance: max(0, 1 - distance / 180) ** 2 * 255 * strength)
    corner = (round(centre[0] * picture.width - size / 2), round(centre[1] * picture.height - size / 2))
    picture.paste(colour, (*corner, corner[0] + size, corner[1] + size), light.resize((size, size)))


def box(left: float, top: float, right: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def finished(picture: Image.Image) -> Image.Image:
    """Return the picture at its final size, slightly blurred like a printed one."""
    small = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return small.filter(ImageFilter.GaussianBlur(0.6))
