import Foundation
import MIME
import Testing

/// Walks through collections of real mails, if `MARTLET_CORPORA` names a folder that has them.
@Suite(
    .enabled(if: ProcessInfo.processInfo.environment["MARTLET_CORPORA"] != nil, "MARTLET_CORPORA names no folder"),
    .timeLimit(.minutes(5)))
struct MailCorporaTests {
    private func files(_ folder: String, endingIn endings: [String]) throws -> [URL] {
        let root = try #require(ProcessInfo.processInfo.environment["MARTLET_CORPORA"])
        let folder = URL(fileURLWithPath: root).appendingPathComponent(folder)
        let found = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        let urls = found.compactMap { $0 as? URL }.filter { endings.contains($0.pathExtension) }
        try #require(!urls.isEmpty, "no mails in \(folder.path)")
        return urls
    }

    @Test(arguments: ["email/mime", "email/bounces", "email/replies"])
    func `every mail is read within the limits`(folder: String) throws {
        let limits = MailLimits()
        var withText = 0
        let files = try files(folder, endingIn: ["eml"])
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            guard let mail = try? MailParser.parse(bytes, limits: limits) else {
                Issue.record("\(file.lastPathComponent) could not be read")
                continue
            }
            if mail.text != nil || mail.html != nil { withText += 1 }
            #expect(mail.text?.utf8.count ?? 0 <= limits.maximumTextBytes)
            #expect(mail.html?.utf8.count ?? 0 <= limits.maximumTextBytes)
            #expect(mail.attachments.count <= limits.maximumParts)
            #expect(mail.attachments.reduce(0) { $0 + $1.size } <= bytes.count * 2)
            _ = mail.bounces
            _ = mail.isAutomatic
        }
        #expect(withText * 2 > files.count)
    }

    @Test func `bounces are known as written by a program`() throws {
        let files = try files("email/bounces", endingIn: ["eml"])
        let automatic = try files.filter { try MailParser.parse(Array(try Data(contentsOf: $0))).isAutomatic }
        #expect(automatic.count * 10 > files.count * 7)
    }

    @Test func `bounces name who was not reached`() throws {
        let files = try files("email/bounces", endingIn: ["eml"])
        let told = try files.filter { !(try MailParser.parse(Array(try Data(contentsOf: $0))).bounces.isEmpty) }
        #expect(told.count * 100 > files.count * 90)
    }

    @Test func `replies are trimmed as their collectors would`() throws {
        var equal = 0
        let files = try files("email/replies/discourse/emails", endingIn: ["txt"])
        for file in files {
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            let trimmed = file.deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("trimmed/\(file.lastPathComponent)")
            let expected = String(decoding: try Data(contentsOf: trimmed), as: UTF8.self)
            func plain(_ text: String) -> String {
                text.replacing("\r\n", with: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
            }
            if plain(ReplyTrimmer.trim(text).visible) == plain(expected) { equal += 1 }
        }
        #expect(equal * 10 >= files.count * 9, "\(equal) of \(files.count)")
    }

    @Test func `no line of a reply is lost or doubled`() throws {
        for file in try files("email/replies", endingIn: ["txt"]) {
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            let (visible, elided) = ReplyTrimmer.trim(text)
            func lines(_ text: String) -> [String] {
                text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
                    .filter { !$0.isEmpty }.sorted()
            }
            #expect((lines(visible) + lines(elided)).sorted() == lines(text), "\(file.lastPathComponent)")
            #expect(visible.isEmpty == lines(text).isEmpty, "\(file.lastPathComponent)")
        }
    }
}
