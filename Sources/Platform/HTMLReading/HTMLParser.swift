internal import CLibXML
import Markdown

/// Runs libxml2's parser for HTML over a text; nothing is fetched, and what is wrong is mended without a word.
enum HTMLParser {
    /// Two threads that use the library for the first time at once wait for each other for ever, so one makes it ready.
    private static let library: Void = xmlInitParser()

    /// - Returns: Whether all of it was read.
    static func parse(_ html: String, into builder: inout HTMLTreeBuilder) -> Bool {
        _ = library
        var html = HTMLEntities.known(html) { htmlEntityLookup($0) != nil }
        // Words outside of any body would get a paragraph of their own.
        if !hasBody(html) { html = "<html><body>" + html }
        return html.withUTF8 { bytes in
            let count = min(bytes.count, HTMLDocument.maximumBytes)
            guard count > 0, let context = htmlNewParserCtxt() else { return bytes.isEmpty }
            defer { htmlFreeParserCtxt(context) }
            let run = HTMLParserRun(builder, context)
            context.pointee.sax.pointee = HTMLParserRun.handler
            context.pointee.userData = Unmanaged.passUnretained(run).toOpaque()
            // What `<meta>` says of the charset was true of bytes; this is a text already.
            let options =
                HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
                | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue
            let document = bytes.withMemoryRebound(to: CChar.self) { characters in
                htmlCtxtReadMemory(context, characters.baseAddress, Int32(count), nil, "UTF-8", Int32(options))
            }
            if let document { xmlFreeDoc(document) }
            builder = withExtendedLifetime(run) { run.builder }
            return count == bytes.count && !builder.isCut
        }
    }

    private static func hasBody(_ html: String) -> Bool {
        let start = html.prefix(4096).lowercased()
        return start.contains("<body") || start.contains("<html")
    }
}

/// One run of the parser: what its callbacks are given.
private final class HTMLParserRun {
    var builder: HTMLTreeBuilder
    private let context: htmlParserCtxtPtr
    /// Bytes of an attribute's value that are kept.
    private static let maximumValue = 4096

    init(_ builder: HTMLTreeBuilder, _ context: htmlParserCtxtPtr) {
        self.builder = builder
        self.context = context
    }

    static var handler: xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.startElement = startHTMLElement
        handler.endElement = endHTMLElement
        handler.characters = addHTMLText
        handler.ignorableWhitespace = addHTMLText
        // The inside of scripts and styles comes as CDATA: nobody reads it.
        return handler
    }

    func start(_ name: UnsafePointer<xmlChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        var found: [String: String] = [:]
        var index = 0
        while let attributes, let name = attributes[index] {
            if let value = attributes[index + 1] {
                let name = String(cString: name).lowercased()
                if HTMLDocument.attributes.contains(name), strlen(value) <= Self.maximumValue {
                    found[name] = String(cString: value)
                }
            } else if strcmp(name, "hidden") == 0 {
                found["hidden"] = ""
            }
            index += 2
        }
        if !builder.start(String(cString: name), found) { xmlStopParser(context) }
    }

    private func strlen(_ text: UnsafePointer<xmlChar>) -> Int { Int(xmlStrlen(text)) }
    private func strcmp(_ text: UnsafePointer<xmlChar>, _ other: String) -> Int32 { xmlStrcmp(text, other) }
}

private func run(_ data: UnsafeMutableRawPointer?) -> HTMLParserRun? {
    data.map { Unmanaged<HTMLParserRun>.fromOpaque($0).takeUnretainedValue() }
}

private func startHTMLElement(
    _ data: UnsafeMutableRawPointer?, _ name: UnsafePointer<xmlChar>?,
    _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
) {
    if let name { run(data)?.start(name, attributes) }
}

private func endHTMLElement(_ data: UnsafeMutableRawPointer?, _ name: UnsafePointer<xmlChar>?) {
    run(data)?.builder.end()
}

private func addHTMLText(_ data: UnsafeMutableRawPointer?, _ text: UnsafePointer<xmlChar>?, _ count: Int32) {
    guard let text, count > 0 else { return }
    run(data)?.builder.add(UnsafeBufferPointer(start: text, count: Int(count)))
}
