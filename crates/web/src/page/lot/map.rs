//! A small map, drawn here and part of the page: the country with the part that matters marked, and that part enlarged, with
//! the communes in which the lot grew, was made, and passed through.
//!
//! A dot is the middle of a commune, about a kilometre fine; where a plot or a house lies is not in public records and
//! not on the map. The pale dots are the province's other communes. Hoàng Sa and Trường Sa are on every map of Việt Nam
//! (Law 27/2018/QH14 on surveying and mapping). No tile and no script of anybody's is asked for, and who cannot see it reads the list.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use nguon_id::Commune;
use nguon_service::commune::{self, Point};

use super::scene::Scene;

/// Rings of longitude and latitude in hundredths of a degree.
static OUTLINE: LazyLock<Vec<Vec<Point>>> = LazyLock::new(|| {
    let rings = include_str!("../../../static/map/outline.txt").lines().filter(|line| !line.starts_with('#'));
    let point = |pair: &str| {
        let (longitude, latitude) = pair.split_once(',')?;
        Some(Point { longitude: longitude.parse().ok()?, latitude: latitude.parse().ok()? })
    };
    rings.map(|ring| ring.split(' ').filter_map(point).collect()).collect()
});

/// The same in tenths of a degree, coarse, as an SVG path: the whole country beside the enlarged part.
const COUNTRY: &str = include_str!("../../../static/map/country.path");
/// The corner of the coarse path, in hundredths of a degree.
const COUNTRY_WEST: i32 = 10_180;
const COUNTRY_NORTH: i32 = 2_360;

/// The enlarged part, in units of the drawing.
const WIDTH: i32 = 180;
const HEIGHT: i32 = 156;
/// It shows at least so many hundredths of a degree from south to north: about 70 kilometres.
const SPAN_MIN: i32 = 60;
/// Places on one map; more are in the list of facts.
const PLACES: usize = 8;

pub(super) struct Map {
    /// Numbers and the two archipelagos' names; nothing in it was written by others.
    pub(super) svg: String,
    pub(super) places: Vec<Place>,
}

/// A commune on the map.
pub(super) struct Place {
    pub(super) number: usize,
    /// What happened there.
    pub(super) what: String,
    pub(super) name: String,
}

/// What happened in a commune, most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Grown,
    Made,
    Held,
}

impl Role {
    fn key(self) -> &'static str {
        match self {
            Self::Grown => "map-grown",
            Self::Made => "map-made",
            Self::Held => "map-held",
        }
    }
}

struct Dot<'a> {
    commune: &'a Commune,
    point: Point,
    roles: Vec<Role>,
}

/// The map, if any place is known by its commune.
pub(super) fn of(scene: &Scene<'_>) -> Option<Map> {
    let dots = dots(scene);
    let first = dots.first()?;
    let words = scene.words;
    let view = View::around(&dots.iter().map(|dot| dot.point).collect::<Vec<_>>());
    let mut svg = String::from("<svg viewBox=\"0 0 342 164\" aria-hidden=\"true\" focusable=\"false\">");
    country(&mut svg, &view, [&words.t("map-paracel"), &words.t("map-spratly")]);
    enlarged(&mut svg, &view, &dots, &commune::province_points(first.commune));
    svg.push_str("</svg>");
    let places = dots.iter().zip(1..).map(|(dot, number)| {
        let what: Vec<String> = dot.roles.iter().map(|role| words.t(role.key())).collect();
        Place { number, what: what.join(", "), name: commune::name(dot.commune) }
    });
    Some(Map { svg, places: places.collect() })
}

fn dots<'a>(scene: &Scene<'a>) -> Vec<Dot<'a>> {
    let (lot, state) = (scene.lot, &scene.lot.state);
    let seat = |hex: &String| lot.organisations.get(hex).and_then(|card| card.commune.as_ref());
    let grown = state.origin_plots.iter().filter_map(|uri| lot.plots.get(uri)).map(|plot| &plot.commune);
    let made = state.maker.iter().filter_map(seat);
    let held = state.holders.iter().filter_map(seat);
    let mut found: BTreeMap<Point, Dot<'a>> = BTreeMap::new();
    let mut order = Vec::new();
    let all = grown
        .map(|commune| (commune, Role::Grown))
        .chain(made.map(|commune| (commune, Role::Made)))
        .chain(held.map(|commune| (commune, Role::Held)));
    for (commune, role) in all {
        let Some(point) = commune::point(commune) else { continue };
        let dot = found.entry(point).or_insert_with(|| {
            order.push(point);
            Dot { commune, point, roles: Vec::new() }
        });
        if !dot.roles.contains(&role) {
            dot.roles.push(role);
        }
    }
    order.truncate(PLACES);
    order.iter().filter_map(|point| found.remove(point)).collect()
}

/// Which part of the earth is enlarged.
struct View {
    west: i32,
    east: i32,
    south: i32,
    north: i32,
}

impl View {
    fn around(points: &[Point]) -> Self {
        let bounds = |of: fn(&Point) -> i32| {
            let (low, high) = (points.iter().map(of).min(), points.iter().map(of).max());
            (low.unwrap_or_default(), high.unwrap_or_default())
        };
        let ((west, east), (south, north)) = (bounds(|p| p.longitude), bounds(|p| p.latitude));
        // A third more than the places take, and as wide as the drawing is. A degree from west to east is a little shorter
        // than one from south to north; so near the equator the drawing takes them as equal.
        let tall = ((north - south) * 4 / 3).max((east - west) * 4 / 3 * HEIGHT / WIDTH).max(SPAN_MIN);
        let wide = tall * WIDTH / HEIGHT;
        let (middle, centre) = ((west + east) / 2, (south + north) / 2);
        Self {
            west: middle - wide / 2,
            east: middle + wide / 2,
            south: centre - tall / 2,
            north: centre + tall / 2,
        }
    }

    /// Where a point stands in the enlarged part.
    fn place(&self, point: Point) -> (i32, i32) {
        (
            (point.longitude - self.west) * WIDTH / (self.east - self.west),
            (self.north - point.latitude) * HEIGHT / (self.north - self.south),
        )
    }

    fn holds(&self, point: Point) -> bool {
        (self.west..=self.east).contains(&point.longitude)
            && (self.south..=self.north).contains(&point.latitude)
    }

    /// The part of a ring that is inside (Sutherland and Hodgman, 1974).
    fn cut(&self, ring: &[Point]) -> Vec<Point> {
        let across: fn(Point) -> i32 = |point| point.longitude;
        let along: fn(Point) -> i32 = |point| point.latitude;
        let sides = [
            (across, self.west, 1),
            (across, self.east, -1),
            (along, self.south, 1),
            (along, self.north, -1),
        ];
        let mut ring = ring.to_vec();
        for (of, side, sign) in sides {
            let is_inside = |point: Point| (of(point) - side) * sign >= 0;
            let mut cut = Vec::with_capacity(ring.len());
            for (at, point) in ring.iter().copied().enumerate() {
                let before = ring[(at + ring.len() - 1) % ring.len()];
                if is_inside(before) != is_inside(point) {
                    let (part, whole) = (side - of(before), of(point) - of(before));
                    cut.push(Point {
                        longitude: before.longitude + (point.longitude - before.longitude) * part / whole,
                        latitude: before.latitude + (point.latitude - before.latitude) * part / whole,
                    });
                }
                if is_inside(point) {
                    cut.push(point);
                }
            }
            ring = cut;
        }
        ring
    }
}

/// The whole country, with a box around the part that is enlarged.
fn country(svg: &mut String, view: &View, [paracel, spratly]: [&str; 2]) {
    let tenths = |point: i32, corner: i32| (point - corner) / 10;
    let (x, y) = (tenths(view.west, COUNTRY_WEST), -tenths(view.north, COUNTRY_NORTH));
    let (wide, tall) = ((view.east - view.west) / 10, (view.north - view.south) / 10);
    let _ = write!(
        svg,
        "<g transform=\"translate(0 4)\"><path class=\"land\" d=\"{}\"/>\
         <rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{tall}\"/>\
         <g class=\"isles\"><circle cx=\"100\" cy=\"71\" r=\"1\"/><circle cx=\"103\" cy=\"69\" r=\"1\"/>\
         <circle cx=\"107\" cy=\"71\" r=\"1\"/><circle cx=\"104\" cy=\"74\" r=\"1\"/>\
         <text x=\"103\" y=\"64\">{paracel}</text><circle cx=\"103\" cy=\"148\" r=\"1\"/>\
         <circle cx=\"112\" cy=\"137\" r=\"1\"/><circle cx=\"119\" cy=\"133\" r=\"1\"/>\
         <circle cx=\"124\" cy=\"123\" r=\"1\"/><circle cx=\"126\" cy=\"139\" r=\"1\"/>\
         <text x=\"118\" y=\"117\">{spratly}</text></g></g>",
        COUNTRY.trim_end()
    );
}

fn enlarged(svg: &mut String, view: &View, dots: &[Dot<'_>], province: &[Point]) {
    let _ = write!(
        svg,
        "<g transform=\"translate(160 4)\"><rect class=\"sea\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>\
         <path class=\"land\" d=\""
    );
    for ring in OUTLINE.iter() {
        ring_path(svg, view.cut(ring).into_iter().map(|point| view.place(point)));
    }
    svg.push_str("\"/><path class=\"near\" d=\"");
    for point in province.iter().filter(|point| view.holds(**point)) {
        let (x, y) = view.place(*point);
        let _ = write!(svg, "M{x} {y}h0");
    }
    svg.push_str("\"/>");
    let at = apart(dots.iter().map(|dot| view.place(dot.point)).collect());
    let of_role = |role: Role| {
        dots.iter().zip(&at).filter(move |(dot, _)| dot.roles.contains(&role)).map(|(_, place)| *place)
    };
    // From where it grew to who made it, and on to whoever had it.
    svg.push_str("<path class=\"way\" d=\"");
    for made in of_role(Role::Made) {
        for (from, to) in of_role(Role::Grown)
            .map(|grown| (grown, made))
            .chain(of_role(Role::Held).map(|held| (made, held)))
            .filter(|(from, to)| from != to)
        {
            let _ = write!(svg, "M{} {}L{} {}", from.0, from.1, to.0, to.1);
        }
    }
    svg.push_str("\"/>");
    for ((dot, (x, y)), number) in dots.iter().zip(&at).zip(1..) {
        let class = if dot.roles.contains(&Role::Grown) { "grown" } else { "other" };
        let _ = write!(
            svg,
            "<g class=\"{class}\"><circle cx=\"{x}\" cy=\"{y}\" r=\"8\"/><text x=\"{x}\" y=\"{}\">{number}</text></g>",
            y + 4
        );
    }
    scale(svg, view);
    svg.push_str("</g>");
}

/// A closed path through points, each only where it moves.
fn ring_path(svg: &mut String, points: impl Iterator<Item = (i32, i32)>) {
    let mut last: Option<(i32, i32)> = None;
    for (x, y) in points {
        match last {
            None => {
                let _ = write!(svg, "M{x} {y}");
            }
            Some(before) if before == (x, y) => continue,
            Some((from_x, from_y)) => {
                let _ = write!(svg, "l{} {}", x - from_x, y - from_y);
            }
        }
        last = Some((x, y));
    }
    if last.is_some() {
        svg.push('z');
    }
}

/// Moves numbers apart that would cover each other, and keeps them inside.
fn apart(mut places: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    for at in 0..places.len() {
        // Each step moves right, or down and back: at most as many steps as there are places to stand.
        for _ in 0..PLACES * PLACES {
            let (x, y) = places[at];
            let covers = places[..at].iter().any(|(ox, oy)| (ox - x).pow(2) + (oy - y).pow(2) < 16 * 16);
            if !covers {
                break;
            }
            places[at] = if x + 17 < WIDTH - 9 { (x + 17, y) } else { (9, y + 17) };
        }
        let (x, y) = places[at];
        places[at] = (x.clamp(9, WIDTH - 9), y.clamp(9, HEIGHT - 9));
    }
    places
}

/// How far that is.
fn scale(svg: &mut String, view: &View) {
    // A degree from south to north is 111 kilometres everywhere.
    let metres_per_unit = (view.north - view.south) * 1_110 / HEIGHT;
    let third = metres_per_unit * WIDTH / 3;
    let kilometres = [500, 200, 100, 50, 20, 10, 5].into_iter().find(|km| km * 1_000 <= third).unwrap_or(5);
    let length = kilometres * 1_000 / metres_per_unit.max(1);
    let (y, end) = (HEIGHT - 8, 8 + length);
    let _ = write!(
        svg,
        "<path class=\"scale\" d=\"M8 {}v4H{end}v-4\"/><text class=\"km\" x=\"{}\" y=\"{}\">{kilometres} km</text>",
        y - 4,
        end + 4,
        y
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(longitude: i32, latitude: i32) -> Point {
        Point { longitude, latitude }
    }

    #[test]
    fn the_outline_is_vietnam() {
        let all: Vec<&Point> = OUTLINE.iter().flatten().collect();
        assert!(all.len() > 500, "{}", all.len());
        let ends = |of: fn(&Point) -> i32| {
            (all.iter().map(|p| of(p)).min().unwrap(), all.iter().map(|p| of(p)).max().unwrap())
        };
        // Apa Chải to Mũi Đôi, Mũi Cà Mau to Lũng Cú.
        assert_eq!((ends(|p| p.longitude), ends(|p| p.latitude)), ((10212, 10947), (857, 2337)));
    }

    #[test]
    fn one_place_is_in_the_middle_and_far_ones_all_fit() {
        let view = View::around(&[point(10_855, 1_177)]);
        assert_eq!(view.place(point(10_855, 1_177)), (WIDTH / 2, HEIGHT / 2));
        assert!(view.north - view.south >= SPAN_MIN - 1);
        // From Điện Biên to Cà Mau.
        let far = [point(10_229, 2_238), point(10_515, 918), point(10_855, 1_177)];
        let view = View::around(&far);
        for at in far {
            let (x, y) = view.place(at);
            assert!((0..=WIDTH).contains(&x) && (0..=HEIGHT).contains(&y), "{at:?} at {x}, {y}");
        }
    }

    #[test]
    fn what_is_cut_is_inside() {
        let view = View::around(&[point(10_910, 1_180)]);
        for ring in OUTLINE.iter() {
            for at in view.cut(ring) {
                assert!(
                    (view.west - 1..=view.east + 1).contains(&at.longitude)
                        && (view.south - 1..=view.north + 1).contains(&at.latitude)
                );
            }
        }
        // Half of a square that reaches over the western side.
        let square = [point(10_000, 1_170), point(10_910, 1_170), point(10_910, 1_190), point(10_000, 1_190)];
        let cut = view.cut(&square);
        assert_eq!(cut.len(), 4);
        assert!(cut.contains(&point(view.west, 1_170)) && cut.contains(&point(10_910, 1_190)));
        assert!(view.cut(&[point(0, 0), point(1, 0), point(0, 1)]).is_empty());
    }

    #[test]
    fn numbers_do_not_cover_each_other() {
        let crowd = apart(vec![(90, 78); PLACES]);
        for (at, one) in crowd.iter().enumerate() {
            for other in &crowd[..at] {
                assert!((one.0 - other.0).pow(2) + (one.1 - other.1).pow(2) >= 16 * 16, "{crowd:?}");
            }
            assert!((9..=WIDTH - 9).contains(&one.0) && (9..=HEIGHT - 9).contains(&one.1));
        }
    }
}
