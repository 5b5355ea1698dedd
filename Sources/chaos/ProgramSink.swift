import ChatModel
import Foundation
import Glibc

/// The receiver of a `process` bridge: a program that appends what it gets to a file, and the one who reads the file.
///
/// Each process of the role `bridges` starts the program for itself; the file is the target that they share.
final class ProgramSink: Sendable {
    let journal = Journal("process bridge", repeats: .always)
    let path: String

    init(path: String) { self.path = path }

    /// The program: takes each event once it is in the file.
    static func program(_ path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { exit(1) }
        while let line = readLine(strippingNewline: true) {
            guard let frame = Frame.read(line) else { exit(2) }
            switch frame.op {
            case "hello": answer(#"{"op":"ready"}"#)
            case "event":
                guard let id = frame.id else { exit(2) }
                // In one piece, or not at all: several programs append to the file.
                let bytes = Array((line + "\n").utf8)
                guard write(file, bytes, bytes.count) == bytes.count else { exit(3) }
                answer(#"{"op":"ack","id":"\#(id)"}"#)
            default: break
            }
        }
    }

    private static func answer(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        guard write(1, bytes, bytes.count) == bytes.count else { exit(4) }
    }

    /// Follows the file.
    func run() async {
        struct Line: Decodable {
            var id: Cursor
            var event: Frame
        }
        var rest: [UInt8] = []
        var file: FileHandle?
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(100))
            if file == nil { file = FileHandle(forReadingAtPath: path) }
            guard let data = try? file?.read(upToCount: 1 << 20), !data.isEmpty else { continue }
            rest += data
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let bytes = rest[..<end]
                rest.removeSubrange(...end)
                guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)),
                    let cursor = line.event.cursor, let sighting = line.event.sighting
                else {
                    journal.trouble("cannot read \(String(decoding: bytes.prefix(200), as: UTF8.self))")
                    continue
                }
                if line.id != cursor { journal.trouble("\(cursor) has the id \(line.id)") }
                journal.saw(sighting, at: cursor)
            }
        }
    }
}
