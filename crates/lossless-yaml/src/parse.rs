//! Reads one document into a [`Tree`].
//!
//! granit-parser provides the grammar; this file turns its events into spans. It finds the bytes that events leave out:
//! dashes, colons, headers of block scalars. `syntax.rs` explains errors.

use std::sync::OnceLock;

use granit_parser::{
    BorrowedInput, ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, StructureStyle, options,
};

use crate::error::{Place, YamlError, YamlErrorKind};
use crate::quoted::Outline;
use crate::simple;
use crate::syntax;
use crate::text::{self, bom_len, byte, line_end, line_start, skip_trivia, slice};
use crate::tree::{Node, NodeId, NodeKind, Props, ScalarText, Tag, Tree, add_child, small};

/// The limit for nesting. Kubernetes' reader stops at 10,000 levels; no manifest comes close to either.
pub const MAX_DEPTH: usize = 1_000;
/// The limit for the length of a document, in bytes: positions are kept in 32 bits.
pub const MAX_DOCUMENT: usize = 1 << 31;

impl<'a> Tree<'a> {
    /// Reads `text`, one document of a stream (see [`crate::split`]). `first` is its position in its file: a line, counted
    /// from 1, or a [`Place`].
    pub fn parse(text: &'a str, first: impl Into<Place>) -> Result<Self, YamlError> {
        let first = first.into();
        match Self::parse_simple(text, first) {
            Some(tree) => Ok(tree),
            None => Self::parse_by_grammar(text, first),
        }
    }

    /// Reads a simple document without the whole grammar; `None` if it is not one.
    pub fn parse_simple(text: &'a str, first: impl Into<Place>) -> Option<Self> {
        simple::parse(text, first.into())
    }

    /// Reads any document with the whole grammar.
    pub fn parse_by_grammar(text: &'a str, first: impl Into<Place>) -> Result<Self, YamlError> {
        let first = first.into();
        if text.len() >= MAX_DOCUMENT {
            let message = format!("a document of {} bytes is over the limit of {MAX_DOCUMENT} bytes", text.len());
            return Err(YamlError::new(YamlErrorKind::Limit, first, message));
        }
        let mut builder = Builder::new(text, first);
        let refused = syntax::misplaced_bom(&builder.tree).or_else(|| syntax::separator_with_text(&builder.tree));
        if let Some(error) = refused {
            return Err(error);
        }
        let input = slice(text, builder.origin..text.len());
        match builder.read(Parser::new_from_str_with_options(input, parser_options()), None) {
            Ok(()) => return Ok(builder.tree),
            Err(stop) if stop.is_about_a_left_line() && !text.contains('\0') => {}
            Err(stop) => return Err(builder.explain(stop)),
        }
        Self::parse_by_outline(text, first)
    }

    /// Reads a document without NUL bytes. Quoted texts of several lines are read separately.
    pub(super) fn parse_by_outline(text: &'a str, first: Place) -> Result<Self, YamlError> {
        let mut builder = Builder::new(text, first);
        let outline = Outline::new(slice(text, builder.origin..text.len()));
        match builder.read(Parser::with_options(outline.input(), parser_options()), Some(&outline)) {
            Ok(()) => Ok(builder.tree),
            Err(stop) => Err(builder.explain(stop)),
        }
    }
}

fn parser_options() -> Options {
    options! {
        emit_anchor_events: true,
        emit_comments: false,
        block_nesting_limit: MAX_DEPTH,
        flow_nesting_limit: MAX_DEPTH,
    }
}

/// Why reading stopped.
enum Stop {
    /// The parser rejects the text at a position.
    Scan(ErrorKind, usize),
    Own(YamlError),
}

impl Stop {
    /// Whether the cause may be a line that is too far left for the parser, but not for Kubernetes' reader.
    fn is_about_a_left_line(&self) -> bool {
        matches!(self, Self::Scan(ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation, _))
    }
}

impl From<YamlError> for Stop {
    fn from(error: YamlError) -> Self {
        Self::Own(error)
    }
}

/// A collection that has not ended.
struct Frame {
    node: NodeId,
    last_child: Option<NodeId>,
    children: usize,
}

struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Frame>,
    /// One past the last byte that belongs to a token read so far.
    cursor: usize,
    /// Nodes by the parser's anchor numbers.
    anchored: Vec<Option<NodeId>>,
    /// The position of the parser's offset 0.
    origin: usize,
    has_tabs: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, first: Place) -> Self {
        let nodes = Vec::with_capacity(text.len() / 16);
        let has_tabs = memchr::memchr(b'\t', text.as_bytes()).is_some();
        let tree = Tree {
            text,
            first,
            nodes,
            texts: Vec::new(),
            props: Vec::new(),
            anchors: Vec::new(),
            aliases: Vec::new(),
            root: None,
            excerpt: None,
            line_ends: OnceLock::new(),
            chars: OnceLock::new(),
            ordinals: OnceLock::new(),
        };
        let origin = origin(text);
        Self { tree, open: Vec::new(), cursor: origin, anchored: Vec::new(), origin, has_tabs }
    }

    /// Reads the events of `parser`, which reads the text or its `outline`.
    fn read<'i, T: BorrowedInput<'i>>(
        &mut self,
        mut parser: Parser<'i, T>,
        outline: Option<&Outline<'_>>,
    ) -> Result<(), Stop> {
        let mut documents = 0;
        loop {
            if let Some(outline) = outline {
                let in_flow = self.open.last().is_some_and(|f| self.tree.kind(f.node).is_flow());
                let looked = outline.look(self.cursor - self.origin, in_flow);
                looked.map_err(|quote| Stop::Scan(ErrorKind::UnclosedQuotedScalar, self.origin + quote))?;
            }
            let Some(event) = parser.next() else { return Ok(()) };
            let (event, span) = event.map_err(|error| self.stop(&error, 0))?;
            let start = self.position(span.start.byte_offset())?;
            let end = self.position(span.end.byte_offset())?;
            match event {
                Event::DocumentStart(explicit, _) => {
                    documents += 1;
                    if documents > 1 {
                        let place = self.tree.place_at(start);
                        let message = "a second document begins here, and its `---` is not on a line of its own";
                        return Err(YamlError::new(YamlErrorKind::Syntax, place, message).into());
                    }
                    if explicit {
                        self.cursor = end;
                    }
                }
                Event::Scalar(value, style, anchor, tag) => {
                    let value = match outline.and_then(|outline| outline.left_out(start - self.origin)) {
                        Some(text) => text.map_err(|error| self.stop(&error, start - self.origin))?.into(),
                        None => value,
                    };
                    let kind = scalar_kind(style, start, end, &value, tag.is_some());
                    let node = self.enter(kind, start, end)?;
                    self.text_of(node, kind, &value)?;
                    self.tag(node, tag.as_deref(), &span)?;
                    self.anchor(node, anchor);
                    self.leave_scalar(node, kind, start, end);
                }
                Event::SequenceStart(style, anchor, tag) => {
                    let kind = match style {
                        StructureStyle::Flow => NodeKind::FlowSeq,
                        StructureStyle::Block => NodeKind::BlockSeq,
                    };
                    self.begin(kind, start, anchor, tag.as_deref(), &span)?;
                }
                Event::MappingStart(style, anchor, tag) => {
                    let kind = match style {
                        StructureStyle::Block => NodeKind::BlockMap,
                        StructureStyle::Flow if byte(self.tree.text, start) == b'{' && end > start => NodeKind::FlowMap,
                        StructureStyle::Flow => NodeKind::Pair,
                    };
                    self.begin(kind, start, anchor, tag.as_deref(), &span)?;
                }
                Event::Anchor(_, _) => {
                    syntax::check_anchor(&self.tree, start, end)?;
                    self.anchor_span(start, end);
                }
                Event::Alias(target) => {
                    let node = self.enter(NodeKind::Alias, start, end)?;
                    self.alias(node, target)?;
                    self.cursor = end;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(end),
                _ => {}
            }
        }
    }

    /// The position of an offset of the parser.
    fn position(&self, offset: Option<usize>) -> Result<usize, YamlError> {
        let bug = || YamlError::new(YamlErrorKind::Internal, self.tree.first, "the parser gives no position");
        Ok(self.origin + offset.ok_or_else(bug)?)
    }

    /// What stopped the parser, which began to read at `offset`.
    fn stop(&self, error: &ScanError, offset: usize) -> Stop {
        match self.position(error.marker().byte_offset()) {
            Ok(position) => Stop::Scan(error.kind().clone(), position + offset),
            Err(error) => error.into(),
        }
    }

    /// Adds a node below the open collection.
    fn enter(&mut self, kind: NodeKind, start: usize, end: usize) -> Result<NodeId, Stop> {
        let lead = self.lead(start);
        // The parser accepts a tab before an anchor, a tag, or a node on a later line.
        if self.has_tabs && self.begins_entry() {
            syntax::check_indentation(&self.tree, lead, start)?;
        }
        let parent = self.open.last().map(|frame| frame.node);
        let node = Node::new(kind, lead.unwrap_or(start), start, end, parent);
        let id = add_child(&mut self.tree.nodes, node, self.open.last().and_then(|frame| frame.last_child));
        let Some(frame) = self.open.last_mut() else {
            self.tree.root = Some(id);
            return Ok(id);
        };
        let as_key = frame.children % 2 == 0;
        frame.children += 1;
        frame.last_child = Some(id);
        let container = frame.node;
        if kind == NodeKind::Plain && self.tree.kind(container).is_flow() {
            syntax::check_plain_in_brackets(&self.tree, start)?;
        }
        if let Some(colon) = lead.filter(|_| !as_key && self.tree.kind(container) == NodeKind::BlockMap) {
            syntax::check_colon(&self.tree, id, colon)?;
        }
        if as_key && kind.is_collection() && self.tree.kind(container).is_map() {
            return Err(syntax::collection_as_key(&self.tree, id).into());
        }
        Ok(id)
    }

    /// Whether the next node is an item or a key of a block collection.
    fn begins_entry(&self) -> bool {
        self.open.last().is_some_and(|f| match self.tree.kind(f.node) {
            NodeKind::BlockSeq => true,
            NodeKind::BlockMap => f.children % 2 == 0,
            _ => false,
        })
    }

    /// The sign before the node at `start`: dash, question mark or colon.
    fn lead(&mut self, start: usize) -> Option<usize> {
        let frame = self.open.last()?;
        let sign = match self.tree.kind(frame.node) {
            NodeKind::BlockSeq => b'-',
            NodeKind::FlowSeq => return None,
            _ if frame.children % 2 == 0 => b'?',
            _ => b':',
        };
        let mut pos = skip_trivia(self.tree.text, self.cursor);
        if byte(self.tree.text, pos) == b',' && sign == b'?' {
            pos = skip_trivia(self.tree.text, pos + 1);
        }
        // A plain key may begin with the sign; it then begins where the node does, and so does an absent value at its
        // colon, or at a key that follows.
        let in_block = self.tree.kind(frame.node) == NodeKind::BlockMap;
        let ends = match byte(self.tree.text, pos + 1) {
            b' ' | b'\t' | b'\r' | b'\n' | 0 => true,
            b',' | b']' | b'}' => !in_block,
            _ => false,
        };
        let found = byte(self.tree.text, pos) == sign && (pos < start || (pos == start && sign == b':' && ends));
        found.then(|| {
            self.cursor = pos + 1;
            pos
        })
    }

    fn begin(
        &mut self,
        kind: NodeKind,
        start: usize,
        anchor: usize,
        tag: Option<&granit_parser::Tag>,
        span: &Span,
    ) -> Result<(), Stop> {
        let node = self.enter(kind, start, start)?;
        self.tag(node, tag, span)?;
        self.anchor(node, anchor);
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than the limit of {MAX_DEPTH} levels");
            return Err(YamlError::new(YamlErrorKind::Limit, self.tree.place(node), message).into());
        }
        if matches!(kind, NodeKind::FlowSeq | NodeKind::FlowMap) {
            self.cursor = start + 1;
        }
        self.open.push(Frame { node, last_child: None, children: 0 });
        Ok(())
    }

    fn end(&mut self, end: usize) {
        let Some(frame) = self.open.pop() else { return };
        let first = self.tree.children(frame.node).next();
        if matches!(self.tree.kind(frame.node), NodeKind::FlowSeq | NodeKind::FlowMap) {
            self.cursor = end;
        }
        let (cursor, first) = (self.cursor, first.map(|f| small(self.tree.lead(f))));
        let Some(node) = self.tree.nodes.get_mut(frame.node.0 as usize) else { return };
        node.end = small(cursor);
        if let (false, Some(first)) = (matches!(node.kind, NodeKind::FlowSeq | NodeKind::FlowMap), first) {
            let start = std::mem::replace(&mut node.start, first);
            if let Some(props) = self.props_mut(frame.node).filter(|props| props.head == start) {
                props.head = first;
            }
        }
    }

    /// Keeps the value of a scalar if it differs from what is written.
    fn text_of(&mut self, node: NodeId, kind: NodeKind, value: &str) -> Result<(), Stop> {
        if kind == NodeKind::Absent {
            return Ok(());
        }
        let mut value = value;
        if kind.is_block_scalar() && self.tree.end(node) == self.tree.text.len() {
            // The last line may have no line end to keep.
            let start = self.tree.start(node);
            let indent = slice(self.tree.text, line_start(self.tree.text, start)..start).chars().count();
            if text::ends_in_line_of(self.tree.text, indent) {
                value = value.strip_suffix('\n').unwrap_or(value);
            } else if value.bytes().all(|b| b == b'\n') {
                // Only blank lines with a line end are kept.
                let header = header(self.tree.text, self.cursor);
                let lines = slice(self.tree.text, line_end(self.tree.text, header)..self.tree.text.len());
                value = value.get(..lines.matches('\n').count()).unwrap_or(value);
            }
        }
        if !value.is_ascii() {
            syntax::check_line_breaks(&self.tree, node)?;
        }
        if self.tree.scalar(node) == value {
            return Ok(());
        }
        let index = small(self.tree.texts.len());
        self.tree.texts.push(ScalarText::Known(value.into()));
        if let Some(node) = self.tree.nodes.get_mut(node.0 as usize) {
            node.data = index;
        }
        Ok(())
    }

    fn leave_scalar(&mut self, id: NodeId, kind: NodeKind, start: usize, end: usize) {
        let (mut from, mut to) = (start, end);
        // An absent value of a flow mapping begins at its colon.
        let at_sign = self.cursor > start;
        match kind {
            // An absent key begins at its colon, which comes next.
            NodeKind::Absent if self.is_bare_key(id, start) => {}
            NodeKind::Absent => (from, to) = (self.cursor, self.cursor),
            NodeKind::Literal | NodeKind::Folded => {
                from = header(self.tree.text, self.cursor);
                to = block_end(self.tree.text, from, start, end);
            }
            _ => {}
        }
        self.cursor = to.max(self.cursor);
        // Anchor and tag were seen before, and are further left than the content.
        let head = self.props_mut(id).map_or(small(from), |props| {
            props.head = props.head.min(small(from));
            props.head
        });
        if let Some(node) = self.tree.nodes.get_mut(id.0 as usize) {
            node.lead = if node.lead == small(start) && !at_sign { head } else { node.lead };
            (node.start, node.end) = (small(from), small(to));
        }
    }

    /// Whether the last node is an absent key without anchor and tag.
    fn is_bare_key(&self, id: NodeId, start: usize) -> bool {
        let node = self.tree.node(id);
        let is_key = self.open.last().is_some_and(|f| self.tree.kind(f.node).is_map() && f.children % 2 == 1);
        is_key && start >= self.cursor && node.lead == small(start) && !node.has_props
    }

    fn tag(&mut self, node: NodeId, tag: Option<&granit_parser::Tag>, span: &Span) -> Result<(), YamlError> {
        let (Some(tag), Some(at)) = (tag, span.tag_span()) else { return Ok(()) };
        let range = self.position(at.start.byte_offset())?..self.position(at.end.byte_offset())?;
        let meaning = match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
            Some("str") => Tag::Str,
            Some("int") => Tag::Int,
            Some("float") => Tag::Float,
            Some("bool") => Tag::Bool,
            Some("null") => Tag::Null,
            Some("binary") => Tag::Binary,
            Some("timestamp") => Tag::Timestamp,
            Some("merge") => Tag::Merge,
            _ => Tag::Other,
        };
        self.property(node, range.start, range.end, |p| p.tag = Some((range.clone(), meaning)));
        Ok(())
    }

    /// Remembers that `node` has the anchor with the parser's number `anchor`; 0 means none.
    fn anchor(&mut self, node: NodeId, anchor: usize) {
        if anchor == 0 {
            return;
        }
        if self.anchored.len() <= anchor {
            self.anchored.resize(anchor + 1, None);
        }
        if let Some(slot) = self.anchored.get_mut(anchor) {
            *slot = Some(node);
        }
        self.tree.anchors.push(node);
    }

    /// Sets the span of the anchor of the last node.
    fn anchor_span(&mut self, start: usize, end: usize) {
        if let Some(&node) = self.tree.anchors.last() {
            self.property(node, start, end, |p| p.anchor = Some(start..end));
            let first =
                self.tree.props(node).and_then(|p| p.tag.as_ref()).map_or(start, |(tag, _)| tag.start.min(start));
            if matches!(self.tree.kind(node), NodeKind::Absent) {
                // Nothing else is written: the node begins with its anchor or tag, whichever is first.
                let head = self.props_mut(node).map(|props| std::mem::replace(&mut props.head, small(first)));
                let end = small(self.cursor);
                if let Some(node) = self.tree.nodes.get_mut(node.0 as usize) {
                    node.lead = if Some(node.lead) == head { small(first) } else { node.lead };
                    (node.start, node.end) = (end, end);
                }
            }
        }
    }

    fn property(&mut self, id: NodeId, start: usize, end: usize, set: impl FnOnce(&mut Props)) {
        let Some(node) = self.tree.nodes.get_mut(id.0 as usize) else { return };
        let at = self.tree.props.partition_point(|props| props.node < id);
        if !std::mem::replace(&mut node.has_props, true) {
            self.tree.props.insert(at, Props { node: id, head: node.start, anchor: None, tag: None });
        }
        let Some(props) = self.tree.props.get_mut(at) else { return };
        node.lead = if node.lead == props.head { node.lead.min(small(start)) } else { node.lead };
        props.head = props.head.min(small(start));
        set(props);
        self.cursor = self.cursor.max(end);
    }

    fn props_mut(&mut self, id: NodeId) -> Option<&mut Props> {
        if !self.tree.node(id).has_props {
            return None;
        }
        let at = self.tree.props.binary_search_by_key(&id, |props| props.node).ok()?;
        self.tree.props.get_mut(at)
    }

    fn alias(&mut self, id: NodeId, target: usize) -> Result<(), Stop> {
        let Some(target) = self.anchored.get(target).copied().flatten() else {
            return Err(syntax::unknown_anchor(self.tree.place(id)).into());
        };
        // Before the check: the path in its error may lead over this alias.
        if let Some(node) = self.tree.nodes.get_mut(id.0 as usize) {
            node.data = target.0;
        }
        if self.open.iter().any(|f| f.node == target) {
            let message = "this alias is inside the value of its own anchor";
            return Err(self.tree.error(YamlErrorKind::Syntax, id, message).into());
        }
        self.tree.aliases.push(id);
        Ok(())
    }

    fn explain(&self, stop: Stop) -> YamlError {
        match stop {
            Stop::Own(error) => error,
            Stop::Scan(kind, pos) => {
                let unclosed = self.open.iter().rev().map(|f| f.node).find(|&n| self.tree.kind(n).is_flow());
                syntax::explain(&self.tree, &kind, pos, unclosed)
            }
        }
    }
}

/// Where the parser begins to read: behind a byte order mark, and behind a marker that a comment directly follows, which
/// kubectl accepts.
fn origin(text: &str) -> usize {
    let bom = bom_len(text);
    let start = skip_trivia(text, bom);
    let is_marker = slice(text, start..start + 4) == "---#" && line_start(text, start) == start;
    if is_marker { line_end(text, start) } else { bom }
}

fn scalar_kind(style: ScalarStyle, start: usize, end: usize, value: &str, tagged: bool) -> NodeKind {
    match style {
        ScalarStyle::SingleQuoted => NodeKind::Single,
        ScalarStyle::DoubleQuoted => NodeKind::Double,
        ScalarStyle::Literal => NodeKind::Literal,
        ScalarStyle::Folded => NodeKind::Folded,
        ScalarStyle::Plain if start == end && (value == "~" || (tagged && value.is_empty())) => NodeKind::Absent,
        ScalarStyle::Plain => NodeKind::Plain,
    }
}

/// The position of the header of the next block scalar behind `cursor`. An anchor or tag before it has neither sign.
fn header(text: &str, cursor: usize) -> usize {
    let mut pos = skip_trivia(text, cursor);
    while !matches!(byte(text, pos), b'|' | b'>' | 0) {
        while !matches!(byte(text, pos), b' ' | b'\t' | b'\r' | b'\n' | 0) {
            pos += 1;
        }
        pos = skip_trivia(text, pos);
    }
    pos
}

/// The end of the last line of a block scalar. The parser's `end` is behind all blank lines that follow, which only `+`
/// keeps, and may be in the indentation of the next line.
fn block_end(text: &str, header: usize, start: usize, end: usize) -> usize {
    let first = line_end(text, header);
    let indent = start - line_start(text, start);
    let mut end = if end == text.len() { end } else { line_start(text, end) };
    let keep = slice(text, header..first).split('#').next().is_some_and(|h| h.contains('+'));
    // Blanks at the end of the text are not a line.
    while (!keep || (end == text.len() && !text.ends_with('\n'))) && end > first {
        let last = line_start(text, end - 1);
        let content = slice(text, last..end).trim_end_matches(['\r', '\n']);
        if content.bytes().any(|b| b != b' ') || content.len() > indent {
            break;
        }
        end = last;
    }
    if end <= first { line_end_of_header(text, header) } else { end }
}

/// The end of an empty block scalar: that of its header.
fn line_end_of_header(text: &str, header: usize) -> usize {
    let mut pos = header;
    while !matches!(byte(text, pos), b' ' | b'\t' | b'\r' | b'\n' | 0) {
        pos += 1;
    }
    pos
}
