/// Joins the lines that a mail program broke softly (RFC 3676).
enum FlowedText {
    /// - Parameter deletesSpace: `DelSp=yes`: the space that marks a soft break is no part of the text.
    static func joined(_ text: String, deletesSpace: Bool) -> String {
        var result: [String] = []
        var paragraph: (depth: Int, text: String)?
        func flush() {
            guard let (depth, text) = paragraph else { return }
            result.append(depth == 0 ? text : String(repeating: ">", count: depth) + " " + text)
            paragraph = nil
        }
        let text = text.replacing("\r\n", with: "\n")
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let endsInBreak = lines.last?.isEmpty == true
        if endsInBreak { lines.removeLast() }
        for line in lines {
            let content = line.drop { $0 == ">" }
            let depth = line.count - content.count
            // One space was put in front of what would be read as a quotation, a `From ` or a space.
            var rest = content.first == " " ? content.dropFirst() : content
            let isSignature = rest == "-- "
            let isSoft = rest.last == " " && !isSignature
            if isSoft, deletesSpace { rest = rest.dropLast() }
            if isSignature || paragraph.map({ $0.depth != depth }) == true { flush() }
            paragraph = (depth, (paragraph?.text ?? "") + rest)
            if !isSoft { flush() }
        }
        flush()
        return result.joined(separator: "\n") + (endsInBreak ? "\n" : "")
    }
}
