import HTTPParsing
import HTTPTypes

@testable import HTTPServer

extension FuzzTarget {
    /// What comes to the HTTP listener.
    static let httpTargets: [FuzzTarget] = [
        FuzzTarget("http-request") { bytes in
            // However a network cuts the bytes, they mean the same.
            let whole = requests(bytes, by: max(1, bytes.count))
            for size in [1, 3, 64] where bytes.count > size {
                let pieces = requests(bytes, by: size)
                precondition(pieces == whole, "in pieces of \(size): \(pieces), whole: \(whole)")
            }
        }
    ]

    private enum Step {
        case needsMore, head(String), body(Int), end(String), refused
    }

    /// What a connection makes of bytes that come in pieces of a size.
    private static func requests(_ bytes: [UInt8], by size: Int) -> [String] {
        let parser = HTTPMessageParser()
        var reader = RequestReader()
        var found: [String] = []
        var rest: [UInt8] = []
        var bodyBytes = 0
        for start in stride(from: 0, to: bytes.count, by: size) {
            rest += bytes[start..<min(start + size, bytes.count)]
            while true {
                let (taken, step) = next(&reader, rest, parser)
                precondition(taken <= rest.count, "more was taken than came")
                rest.removeFirst(taken)
                switch step {
                case .needsMore: break
                case .head(let text): found.append(text)
                case .body(let count):
                    precondition(count > 0 && count <= taken, "a body that did not come")
                    bodyBytes += count
                case .end(let text):
                    found.append("\(bodyBytes) bytes \(text)")
                    bodyBytes = 0
                case .refused: return found + ["refused"]
                }
                if case .needsMore = step, taken == 0 { break }
            }
        }
        return found
    }

    private static func next(
        _ reader: inout RequestReader, _ bytes: [UInt8], _ parser: HTTPMessageParser
    ) -> (taken: Int, step: Step) {
        bytes.withUnsafeBytes { bytes in
            do throws(RequestRefusal) {
                let (taken, event) = try reader.next(bytes, using: parser)
                switch event {
                case .needsMore: return (taken, .needsMore)
                case .head(let head):
                    let request = head.request
                    let fields = request.headers.fields.map { "\($0.name): \($0.value)" }
                    return (
                        taken,
                        .head(
                            "\(request.method.rawValue) \(request.path)?\(request.query) \(fields) "
                                + "\(head.contentLength.map(String.init) ?? "chunked") \(head.keepsAlive)")
                    )
                case .body(let piece): return (taken, .body(piece.count))
                case .end(let trailers): return (taken, .end("\(trailers.fields.map(\.name))"))
                }
            } catch {
                return (0, .refused)
            }
        }
    }
}
