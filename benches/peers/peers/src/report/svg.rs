//! Images in SVG that have bars and texts.

use std::fmt::Write;

/// The style has a background, so that the image can be read on pages of any colour.
const STYLE: &str = "\
text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328}\
.title{font-weight:600;font-size:15px}.name{fill:#59636e}\
rect{fill:#fff}.peer{fill:#8c959f}.ours{fill:#0969da}.limit{fill:#d1d9e0}\
text.ours{font-weight:600;fill:#0969da}text.peer{fill:#1f2328}text.limit{fill:#59636e}\
@media(prefers-color-scheme:dark){\
text,text.peer{fill:#f0f6fc}.name,text.limit{fill:#9198a1}\
rect{fill:#0d1117}rect.peer{fill:#6e7681}rect.ours{fill:#4493f8}rect.limit{fill:#3d444d}\
text.ours{fill:#4493f8}}";

pub(crate) struct Svg {
    text: String,
}

/// Which end of a text is at its position.
pub(crate) enum Anchor {
    /// The text goes from its position to the right.
    Start,
    /// The text ends at its position.
    End,
}

impl Svg {
    /// Begins an image of this size in pixels. The title is for readers who cannot see the image.
    pub(crate) fn new(width: usize, height: usize, title: &str) -> Self {
        let title = escaped(title);
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n"
        );
        Self { text }
    }

    /// Adds a text whose baseline is at this position.
    pub(crate) fn text(&mut self, (x, y): (usize, usize), class: &str, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::End => "end",
        };
        let text = escaped(text);
        let _ = writeln!(
            self.text,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }

    /// Adds a bar whose upper left corner is at this position.
    pub(crate) fn bar(
        &mut self,
        (x, y): (usize, usize),
        (width, height): (f64, usize),
        class: &str,
    ) {
        let _ = writeln!(
            self.text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height}\" rx=\"2\" \
             class=\"{class}\"/>"
        );
    }

    /// Ends the image and returns it.
    pub(crate) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
