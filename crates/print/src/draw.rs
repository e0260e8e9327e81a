//! A laid-out label as PDF.
//!
//! The layout is usvg's, so PDF and pictures agree. Letters that follow each other on one line become one
//! run of text, so that whoever copies or searches the PDF finds words. What [`crate::plate`] refuses
//! (filters, masks, blending) does not occur here.

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Size, Transform};
use krilla::image::Image;
use krilla::num::NormalizedF32;
use krilla::paint::{
    Fill, FillRule, LineCap, LineJoin, LinearGradient, Paint, RadialGradient, SpreadMethod, Stop, Stroke,
    StrokeDash,
};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use nguon_label::{QUIET_ZONE, QrCode, QrPlace};
use resvg::tiny_skia::{self, PathSegment};
use resvg::usvg::{self, Group, Node, PaintOrder, Tree};

use crate::press::Press;

/// Draws a tree whose unit is a CSS pixel so that the surface's unit is a millimetre.
pub(crate) fn tree(surface: &mut Surface<'_>, tree: &Tree, press: &Press) {
    surface.push_transform(&Transform::from_scale(25.4 / 96.0, 25.4 / 96.0));
    group(surface, tree.root(), press);
    surface.pop();
}

/// Draws a code in millimetres: one shape for all of it, so that no seams show between its rows. Its unit is the
/// module, so that the file holds small whole numbers.
pub(crate) fn code(surface: &mut Surface<'_>, code: &QrCode, place: QrPlace) {
    #[expect(clippy::cast_possible_truncation, reason = "millimetres of a label")]
    let [left, top, module] =
        [place.x_mm, place.y_mm, code.x_dimension_mm(place.side_mm)].map(|mm| mm as f32);
    let steps = |n: usize| u16::try_from(n).map_or(0.0, f32::from);
    let mut paper = PathBuilder::new();
    push_box(&mut paper, 0.0, 0.0, steps(code.full_size()), steps(code.full_size()));
    let mut dark = PathBuilder::new();
    for (row, y) in code.modules().zip(QUIET_ZONE..) {
        let mut x = QUIET_ZONE;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&true) {
                push_box(&mut dark, steps(x), steps(y), steps(x + run.len()), steps(y + 1));
            }
            x += run.len();
        }
    }
    surface.push_transform(&Transform::from_row(module, 0.0, 0.0, module, left, top));
    surface.set_stroke(None);
    for (path, [r, g, b]) in [(paper, [255; 3]), (dark, [0; 3])] {
        if let Some(path) = path.finish() {
            surface.set_fill(Some(solid(r, g, b)));
            surface.draw_path(&path);
        }
    }
    surface.pop();
}

fn push_box(path: &mut PathBuilder, left: f32, top: f32, right: f32, bottom: f32) {
    path.move_to(left, top);
    path.line_to(right, top);
    path.line_to(right, bottom);
    path.line_to(left, bottom);
    path.close();
}

fn solid(red: u8, green: u8, blue: u8) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

fn group(surface: &mut Surface<'_>, group: &Group, press: &Press) {
    surface.push_transform(&transform(group.transform()));
    let mut pushed = 1;
    if let Some(clip) = group.clip_path() {
        let mut shape = PathBuilder::new();
        let mut rule = FillRule::NonZero;
        for node in clip.root().children() {
            if let Node::Path(path) = node {
                let moved =
                    path.data().clone().transform(clip.transform().pre_concat(clip.root().transform()));
                if let Some(moved) = moved {
                    push_segments(&mut shape, &moved);
                }
                rule = path.fill().map_or(rule, |fill| fill_rule(fill.rule()));
            }
        }
        // A clip path of nothing hides everything.
        let Some(shape) = shape.finish() else {
            surface.pop();
            return;
        };
        surface.push_clip_path(&shape, &rule);
        pushed += 1;
    }
    if group.opacity() != usvg::Opacity::ONE {
        surface.push_opacity(share(group.opacity().get()));
        pushed += 1;
    }
    for node in group.children() {
        match node {
            Node::Group(inner) => self::group(surface, inner, press),
            Node::Path(path) => shape(surface, path),
            Node::Image(inside) => image(surface, inside),
            Node::Text(words) => text(surface, words, press),
        }
    }
    for _ in 0..pushed {
        surface.pop();
    }
}

fn shape(surface: &mut Surface<'_>, path: &usvg::Path) {
    let mut outline = PathBuilder::new();
    push_segments(&mut outline, path.data());
    let Some(outline) = outline.finish().filter(|_| path.is_visible()) else { return };
    let fill = path.fill().map(|f| self::fill(f, tiny_skia::Transform::identity()));
    let stroke = path.stroke().map(|s| self::stroke(s, tiny_skia::Transform::identity()));
    paint(surface, fill, stroke, path.paint_order(), |surface| surface.draw_path(&outline));
}

/// krilla fills with black if it is given neither.
fn paint(
    surface: &mut Surface<'_>,
    fill: Option<Fill>,
    stroke: Option<Stroke>,
    order: PaintOrder,
    draw: impl Fn(&mut Surface<'_>),
) {
    let layers = match (order, fill, stroke) {
        (_, None, None) => return,
        (PaintOrder::StrokeAndFill, Some(fill), Some(stroke)) => {
            vec![(None, Some(stroke)), (Some(fill), None)]
        }
        (_, fill, stroke) => vec![(fill, stroke)],
    };
    for (fill, stroke) in layers {
        surface.set_fill(fill);
        surface.set_stroke(stroke);
        draw(surface);
    }
}

fn image(surface: &mut Surface<'_>, image: &usvg::Image) {
    if !image.is_visible() {
        return;
    }
    let size = image.size().to_int_size();
    // Drawn at its own size by the renderer that reads it for pictures too.
    let Some(mut pixels) = tiny_skia::Pixmap::new(size.width(), size.height()) else { return };
    let node = Node::Image(Box::new(image.clone()));
    if resvg::render_node(&node, tiny_skia::Transform::identity(), &mut pixels.as_mut()).is_none() {
        return;
    }
    let straight = pixels.pixels().iter().flat_map(|p| {
        let p = p.demultiply();
        [p.red(), p.green(), p.blue(), p.alpha()]
    });
    let picture = Image::from_rgba8(straight.collect(), size.width(), size.height());
    if let Some(size) = Size::from_wh(image.size().width(), image.size().height()) {
        surface.draw_image(picture, size);
    }
}

/// Letters on one line, with the matrix of the first.
struct Run {
    origin: tiny_skia::Transform,
    font: usvg::fontdb::ID,
    font_size: f32,
    text: String,
    /// Glyph, its bytes of the text, and how far along the line it stands, in the text's own units.
    glyphs: Vec<(u32, std::ops::Range<usize>, f32)>,
}

fn text(surface: &mut Surface<'_>, text: &usvg::Text, press: &Press) {
    for span in text.layouted() {
        if !span.visible {
            continue;
        }
        for line in [&span.overline, &span.underline].into_iter().flatten() {
            shape(surface, line);
        }
        for run in runs(span, press) {
            draw_run(surface, span, &run, press);
        }
        if let Some(line) = &span.line_through {
            shape(surface, line);
        }
    }
}

fn runs(span: &usvg::layout::Span, press: &Press) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for glyph in &span.positioned_glyphs {
        let Some(face) = press.face(glyph.font) else { continue };
        let font_size = glyph.font_size();
        // The glyph's own matrix is in font units.
        let scale = face.font.units_per_em() / font_size;
        let matrix = glyph.transform().pre_concat(tiny_skia::Transform::from_scale(scale, scale));
        if let Some(run) = runs.last_mut()
            && run.font == glyph.font
            && (run.font_size - font_size).abs() < 1e-4
            && let Some(along) = run.along(matrix)
        {
            run.push(glyph, along);
            continue;
        }
        let mut run =
            Run { origin: matrix, font: glyph.font, font_size, text: String::new(), glyphs: Vec::new() };
        run.push(glyph, 0.0);
        runs.push(run);
    }
    runs
}

impl Run {
    /// How far along its line a glyph with this matrix stands; nothing if it does not stand on it.
    fn along(&self, matrix: tiny_skia::Transform) -> Option<f32> {
        let rest = self.origin.invert()?.pre_concat(matrix);
        let near = |a: f32, b: f32| (a - b).abs() < 1e-3;
        let level = near(rest.sx, 1.0) && near(rest.sy, 1.0) && near(rest.kx, 0.0) && near(rest.ky, 0.0);
        let on_line = rest.ty.abs() < self.font_size * 1e-3;
        let after = self.glyphs.last().is_none_or(|(_, _, last)| rest.tx >= *last);
        (level && on_line && after).then_some(rest.tx)
    }

    fn push(&mut self, glyph: &usvg::layout::PositionedGlyph, along: f32) {
        let start = self.text.len();
        self.text.push_str(&glyph.text);
        self.glyphs.push((glyph.id.0, start..self.text.len(), along));
    }
}

fn draw_run(surface: &mut Surface<'_>, span: &usvg::layout::Span, run: &Run, press: &Press) {
    let Some(face) = press.face(run.font) else { return };
    let Some(inverse) = run.origin.invert() else { return };
    let next = run.glyphs.iter().skip(1).map(|(_, _, along)| Some(*along)).chain([None]);
    let glyphs: Vec<KrillaGlyph> = run
        .glyphs
        .iter()
        .zip(next)
        .map(|((id, range, along), next)| {
            // The last letter's own width: krilla reckons from it how far the text goes.
            let advance = next.map_or_else(|| face.advance(*id), |next| (next - along) / run.font_size);
            KrillaGlyph::new(GlyphId::new(*id), advance, 0.0, 0.0, 0.0, range.clone(), None)
        })
        .collect();
    // Paint stays where it was while the letters are moved to their line.
    let fill = span.fill.as_ref().map(|f| self::fill(f, inverse));
    let stroke = span.stroke.as_ref().map(|s| self::stroke(s, inverse));
    surface.push_transform(&transform(run.origin));
    paint(surface, fill, stroke, span.paint_order, |surface| {
        let font = face.font.clone();
        surface.draw_glyphs(Point::from_xy(0.0, 0.0), &glyphs, font, &run.text, run.font_size, false);
    });
    surface.pop();
}

fn transform(t: tiny_skia::Transform) -> Transform {
    Transform::from_row(t.sx, t.ky, t.kx, t.sy, t.tx, t.ty)
}

fn push_segments(builder: &mut PathBuilder, path: &tiny_skia::Path) {
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(p) => builder.move_to(p.x, p.y),
            PathSegment::LineTo(p) => builder.line_to(p.x, p.y),
            PathSegment::QuadTo(a, p) => builder.quad_to(a.x, a.y, p.x, p.y),
            PathSegment::CubicTo(a, b, p) => builder.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y),
            PathSegment::Close => builder.close(),
        }
    }
}

fn share(n: f32) -> NormalizedF32 {
    NormalizedF32::new(n).unwrap_or(NormalizedF32::ONE)
}

fn fill_rule(rule: usvg::FillRule) -> FillRule {
    match rule {
        usvg::FillRule::NonZero => FillRule::NonZero,
        usvg::FillRule::EvenOdd => FillRule::EvenOdd,
    }
}

fn fill(fill: &usvg::Fill, moved: tiny_skia::Transform) -> Fill {
    Fill {
        paint: colour(fill.paint(), moved),
        opacity: share(fill.opacity().get()),
        rule: fill_rule(fill.rule()),
    }
}

fn stroke(stroke: &usvg::Stroke, moved: tiny_skia::Transform) -> Stroke {
    Stroke {
        paint: colour(stroke.paint(), moved),
        width: stroke.width().get(),
        miter_limit: stroke.miterlimit().get(),
        line_cap: match stroke.linecap() {
            usvg::LineCap::Butt => LineCap::Butt,
            usvg::LineCap::Round => LineCap::Round,
            usvg::LineCap::Square => LineCap::Square,
        },
        line_join: match stroke.linejoin() {
            usvg::LineJoin::Miter | usvg::LineJoin::MiterClip => LineJoin::Miter,
            usvg::LineJoin::Round => LineJoin::Round,
            usvg::LineJoin::Bevel => LineJoin::Bevel,
        },
        opacity: share(stroke.opacity().get()),
        dash: stroke
            .dasharray()
            .map(|array| StrokeDash { array: array.to_vec(), offset: stroke.dashoffset() }),
    }
}

fn colour(paint: &usvg::Paint, moved: tiny_skia::Transform) -> Paint {
    match paint {
        usvg::Paint::Color(c) => rgb::Color::new(c.red, c.green, c.blue).into(),
        usvg::Paint::LinearGradient(g) => LinearGradient {
            x1: g.x1(),
            y1: g.y1(),
            x2: g.x2(),
            y2: g.y2(),
            transform: transform(moved.pre_concat(g.transform())),
            spread_method: spread(g.spread_method()),
            stops: g.stops().iter().map(stop).collect(),
            anti_alias: false,
        }
        .into(),
        usvg::Paint::RadialGradient(g) => RadialGradient {
            cx: g.cx(),
            cy: g.cy(),
            cr: g.r().get(),
            fx: g.fx(),
            fy: g.fy(),
            fr: g.fr().get(),
            transform: transform(moved.pre_concat(g.transform())),
            spread_method: spread(g.spread_method()),
            stops: g.stops().iter().map(stop).collect(),
            anti_alias: false,
        }
        .into(),
        // No template has `<pattern>`: nguon-label refuses the element.
        usvg::Paint::Pattern(_) => rgb::Color::new(0, 0, 0).into(),
    }
}

fn spread(method: usvg::SpreadMethod) -> SpreadMethod {
    match method {
        usvg::SpreadMethod::Pad => SpreadMethod::Pad,
        usvg::SpreadMethod::Reflect => SpreadMethod::Reflect,
        usvg::SpreadMethod::Repeat => SpreadMethod::Repeat,
    }
}

fn stop(stop: &usvg::Stop) -> Stop {
    let c = stop.color();
    Stop {
        offset: share(stop.offset().get()),
        color: rgb::Color::new(c.red, c.green, c.blue).into(),
        opacity: share(stop.opacity().get()),
    }
}
