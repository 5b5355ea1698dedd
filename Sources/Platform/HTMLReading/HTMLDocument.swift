/// HTML as libxml2's parser for HTML understands it, which is nearly as browsers do: a tree in the order of the text.
///
/// Nodes are numbered in that order, from the root, 0, on, so "all that stands before" is "all with a smaller number". Bounded:
/// HTML over 2 MiB is cut, and so is what comes after 100,000 nodes or is nested deeper than 512 elements.
package struct HTMLDocument: Sendable {
    package static let maximumBytes = 2 << 20
    static let maximumNodes = 100_000
    /// Deeper elements are children of one at this level.
    static let maximumDepth = 200
    /// Where reading ends: the parser looks through all that are open at each end tag.
    static let maximumOpen = 512

    package struct Node: Sendable {
        /// In lower case; empty for text.
        package let name: String
        /// The element that it is in; -1 for the root.
        package let parent: Int
        /// What the element has of ``HTMLDocument/attributes``, names in lower case, or nothing.
        package fileprivate(set) var attributes: [String: String] = [:]
        package fileprivate(set) var children: [Int] = []
        /// Where a text's bytes are.
        fileprivate(set) var bytes: Range<Int> = 0..<0

        package var isText: Bool { name.isEmpty }

        /// Whether `word` is one of the element's classes, also as Outlook writes those of a quoted mail: with `x_` before it.
        package func hasClass(_ word: String) -> Bool {
            guard let classes = attributes["class"] else { return false }
            return classes.split(separator: " ").contains { Self.bare($0) == word }
        }

        /// The element's id, without Outlook's `x_`.
        package var id: String? { attributes["id"].map { String(Self.bare($0[...])) } }

        private static func bare(_ name: Substring) -> Substring {
            var name = name
            while name.hasPrefix("x_") { name = name.dropFirst(2) }
            return name
        }
    }

    /// The attributes that are kept; others are not looked at.
    package static let attributes: Set<String> = [
        "href", "src", "alt", "id", "class", "type", "cite", "start", "style", "name", "role", "hidden", "border",
        "title",
        "data-marker",
    ]

    package private(set) var nodes: [Node] = [Node(name: "", parent: -1)]
    /// Whether something was left out.
    package private(set) var isCut = false
    private var text: [UInt8] = []

    package init(_ html: String) {
        var builder = HTMLTreeBuilder()
        builder.isCut = !HTMLParser.parse(html, into: &builder)
        nodes = builder.nodes
        text = builder.text
        isCut = builder.isCut
    }

    /// What a text node says, with its blanks as they are.
    package func text(of node: Int) -> String { String(decoding: text[nodes[node].bytes], as: UTF8.self) }

    func textBytes(of node: Int) -> ArraySlice<UInt8> { text[nodes[node].bytes] }

    /// The first number behind everything in `node`.
    package func end(of node: Int) -> Int {
        var last = node
        while let child = nodes[last].children.last { last = child }
        return last + 1
    }

    /// The first node, in the order of the text, for which `body` holds.
    package func first(where body: (Node) -> Bool) -> Int? { nodes.indices.dropFirst().first { body(nodes[$0]) } }
}

/// Collects what the parser reports.
struct HTMLTreeBuilder {
    var nodes: [HTMLDocument.Node] = [HTMLDocument.Node(name: "root", parent: -1)]
    var text: [UInt8] = []
    var isCut = false
    /// The elements that are open; the last ones may all be at the deepest level.
    private var open: [Int] = [0]
    /// How many are open that got no level of their own.
    private var beyond = 0

    /// - Returns: Whether reading goes on.
    mutating func start(_ name: String, _ attributes: [String: String]) -> Bool {
        guard nodes.count < HTMLDocument.maximumNodes, open.count + beyond < HTMLDocument.maximumOpen else {
            isCut = true
            return false
        }
        let index = append(HTMLDocument.Node(name: name, parent: open[open.count - 1]))
        nodes[index].attributes = attributes
        if open.count < HTMLDocument.maximumDepth { open.append(index) } else { beyond += 1 }
        return true
    }

    mutating func end() {
        if beyond > 0 { beyond -= 1 } else if open.count > 1 { open.removeLast() }
    }

    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        let parent = open[open.count - 1]
        // The parser hands out long texts in parts.
        if let last = nodes[parent].children.last, last == nodes.count - 1, nodes[last].isText {
            text += bytes
            nodes[last].bytes = nodes[last].bytes.lowerBound..<text.count
            return
        }
        guard nodes.count < HTMLDocument.maximumNodes else { return isCut = true }
        let index = append(HTMLDocument.Node(name: "", parent: parent))
        nodes[index].bytes = text.count..<(text.count + bytes.count)
        text += bytes
    }

    private mutating func append(_ node: HTMLDocument.Node) -> Int {
        nodes.append(node)
        nodes[node.parent].children.append(nodes.count - 1)
        return nodes.count - 1
    }
}
