//! A ticket without its form.

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// What it is about, in one line.
    pub title: Line,
    /// Its parts, in order.
    pub sections: Vec<Section>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its heading; empty for what stands under the title.
    pub heading: &'static str,
    /// What is in it.
    pub blocks: Vec<Block>,
}

/// A piece of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Text(Line),
    /// Points, each with what belongs under it.
    List(Vec<Entry>),
    /// Text to be copied as it is.
    Code {
        /// The language, for those who colour it.
        language: &'static str,
        /// The text.
        text: String,
    },
    /// Rows under a head.
    Table {
        /// The head.
        head: Vec<&'static str>,
        /// The rows, each as long as the head.
        rows: Vec<Vec<Line>>,
    },
}

/// One point of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The point.
    pub line: Line,
    /// What belongs under it.
    pub under: Vec<Line>,
}

/// Words in a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

/// Words of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Plain words.
    Words(String),
    /// Words of weight.
    Strong(String),
    /// A name or what somebody else said, exactly as it is.
    Quoted(String),
}

impl Line {
    /// Begins with plain words.
    #[must_use]
    pub fn of(words: impl Into<String>) -> Self {
        Self::default().words(words)
    }

    /// Adds plain words.
    #[must_use]
    pub fn words(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Words(words.into()));
        self
    }

    /// Adds words of weight.
    #[must_use]
    pub fn strong(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Strong(words.into()));
        self
    }

    /// Adds a name or what somebody else said.
    #[must_use]
    pub fn quoted(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Quoted(words.into()));
        self
    }

    /// Adds several of them, with commas.
    #[must_use]
    pub fn all<'a>(self, words: impl IntoIterator<Item = &'a String>) -> Self {
        let words = words.into_iter().enumerate();
        words.fold(self, |line, (index, word)| {
            let line = if index > 0 { line.words(", ") } else { line };
            line.quoted(word.as_str())
        })
    }
}

impl Entry {
    /// Makes a point with nothing under it.
    #[must_use]
    pub fn plain(line: Line) -> Self {
        let under = Vec::new();
        Self { line, under }
    }
}
