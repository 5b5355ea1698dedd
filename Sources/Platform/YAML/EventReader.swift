import CYAML

/// libyaml's pull parser over bytes that it owns.
///
/// `yaml_parser_t` points into itself, so it lives in allocated memory and never moves.
final class EventReader {
    /// What libyaml reported, copied out.
    enum Event {
        case streamStart
        case streamEnd
        case documentStart(YAMLMark, hasTagDirectives: Bool)
        case documentEnd
        case alias(YAMLMark, name: String)
        case scalar(YAMLMark, String, YAMLStyle, Properties)
        case sequenceStart(YAMLMark, Properties)
        case sequenceEnd
        case mappingStart(YAMLMark, Properties)
        case mappingEnd
    }

    /// What may stand before a node.
    struct Properties {
        let anchor: String?
        let tag: String?
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        parser = .allocate(capacity: 1)
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        precondition(yaml_parser_initialize(parser) == 1, "libyaml could not allocate its buffers")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { yaml_event_delete(&event) }
        let mark = YAMLMark(event.start_mark)
        switch event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_DOCUMENT_START_EVENT:
            let tags = event.data.document_start.tag_directives
            return .documentStart(mark, hasTagDirectives: tags.start != tags.end)
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT: return .alias(mark, name: text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let value = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return .scalar(
                mark, value, scalar.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .quoted,
                Properties(anchor: text(scalar.anchor), tag: text(scalar.tag)))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return .sequenceStart(mark, Properties(anchor: text(start.anchor), tag: text(start.tag)))
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return .mappingStart(mark, Properties(anchor: text(start.anchor), tag: text(start.tag)))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        default: throw YAMLError(mark, "libyaml reported nothing where it should have")
        }
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(decodingCString: $0, as: UTF8.self) }
    }

    private func failure() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the text cannot be read"
        let isReaderError = parser.pointee.error == YAML_READER_ERROR
        let mark = YAMLMark(isReaderError ? parser.pointee.mark : parser.pointee.problem_mark)
        if problem.hasPrefix("found character that cannot start any token"), character(at: mark) == "\t" {
            return YAMLError(mark, "found a tab; YAML is indented with spaces")
        }
        guard let context = parser.pointee.context.map({ String(cString: $0) }), !isReaderError else {
            return YAMLError(mark, problem)
        }
        let from = YAMLMark(parser.pointee.context_mark)
        // Words such as *cat* are the likeliest way here.
        if context.contains("scanning an alias") {
            return YAMLError(from, "aliases are not read here; put text that begins with * in quotes")
        }
        if context.contains("scanning an anchor") {
            return YAMLError(from, "anchors are not read here; put text that begins with & in quotes")
        }
        return YAMLError(mark, from == mark ? "\(problem) \(context)" : "\(problem) \(context) from line \(from.line)")
    }

    private func character(at mark: YAMLMark) -> Unicode.Scalar? {
        let lines = input.split(separator: UInt8(ascii: "\n"), maxSplits: mark.line, omittingEmptySubsequences: false)
        guard mark.line <= lines.count else { return nil }
        return String(decoding: lines[mark.line - 1], as: UTF8.self).unicodeScalars.dropFirst(mark.column - 1).first
    }
}

extension YAMLMark {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}
