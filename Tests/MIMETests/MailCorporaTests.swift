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

    /// The lines of each file that a person wrote, as a person has read them; quote marks between them are others' words.
    private static let written = [
        "crisp/correct_sig: 1", "crisp/email_1: 1-7", "crisp/email_10: 1-6", "crisp/email_11: 1-6",
        "crisp/email_12: 1-6", "crisp/email_13: 1-6", "crisp/email_14: 1-6", "crisp/email_15: 1-5",
        "crisp/email_16: 1-6", "crisp/email_17: 1-6", "crisp/email_18: 1-6", "crisp/email_19: 1-4",
        "crisp/email_2: 1 9-46", "crisp/email_20: 1-2", "crisp/email_21: 1-639", "crisp/email_22: 1-6",
        "crisp/email_23: 1-6", "crisp/email_24: 1-5", "crisp/email_25: 1-6", "crisp/email_26: 1-6",
        "crisp/email_2_1: 1", "crisp/email_3: 1-6", "crisp/email_4: 1-2", "crisp/email_5: 1-16",
        "crisp/email_6: 1-4", "crisp/email_7: 1-6", "crisp/email_8: 1-6", "crisp/email_9: 1-5",
        "crisp/email_blackberry: 1-2", "crisp/email_bullets: 1-11", "crisp/email_custom_quote_header: 1-2",
        "crisp/email_customer_quote_header_2: 1-4", "crisp/email_customer_quote_header_3: 1-4",
        "crisp/email_danish_dash_separator: 1-5", "crisp/email_emoji: 1-1", "crisp/email_en_multiline_2: 1-7",
        "crisp/email_finnish: 1-6", "crisp/email_fr_multiline: 1-6", "crisp/email_french_2: 1-6",
        "crisp/email_french_dash_separator: 1-6", "crisp/email_german: 1-6", "crisp/email_german_2: 1-6",
        "crisp/email_german_3: 1-5", "crisp/email_german_outlook: 1-6", "crisp/email_gmail_split_line_from: 1-6",
        "crisp/email_ios_outlook: 1-6", "crisp/email_ios_outlook_fr: 1-7", "crisp/email_iphone: 1-2",
        "crisp/email_italian: 1-6", "crisp/email_msn: 1-5", "crisp/email_multi_word_sent_from_my_mobile_device: 1-2",
        "crisp/email_norwegian_gmail: 1-5", "crisp/email_not_a_signature: 1-16",
        "crisp/email_not_a_signature_2: 1-10", "crisp/email_one_is_not_on: 1-6", "crisp/email_original_message: 1-6",
        "crisp/email_original_message_2: 1-6", "crisp/email_outlook_split_line_from: 1-5",
        "crisp/email_portuguese: 1-6", "crisp/email_reply_header: 1-12", "crisp/email_russian: 1-6",
        "crisp/email_sent_from: 1-3", "crisp/email_sent_from_my_not_signature: 1-4", "crisp/email_thread: 1-2",
        "crisp/email_tricky_10_special_chars_in_name: 1-6", "crisp/email_tricky_11_double_signature: 1-4",
        "crisp/email_tricky_12_no_space_after_header: 1-5", "crisp/email_tricky_13_timestamp_variations: 1-11",
        "crisp/email_tricky_14_long_quote_header: 1-6", "crisp/email_tricky_15_original_message_variations: 1-6",
        "crisp/email_tricky_16_unicode_signatures: 1-4", "crisp/email_tricky_17_forward_header: 1",
        "crisp/email_tricky_18_inline_reply: 4 8 12", "crisp/email_tricky_19_quote_without_header: 1-14",
        "crisp/email_tricky_1_on_false_positive: 1-8", "crisp/email_tricky_20_html_entities: 1-4",
        "crisp/email_tricky_2_url_with_wrote: 1-10", "crisp/email_tricky_3_code_block: 1-14",
        "crisp/email_tricky_4_from_in_body: 1-7", "crisp/email_tricky_5_mixed_languages: 1-6",
        "crisp/email_tricky_6_regards_in_sentence: 1-9", "crisp/email_tricky_7_multiple_dashes: 1-17",
        "crisp/email_tricky_8_sent_from_in_content: 1-7", "crisp/email_tricky_9_nested_quotes: 1",
        "crisp/email_unquoted_reply: 1-2", "crisp/email_with_date_headers: 1-6",
        "crisp/email_with_from_headers: 1-4", "crisp/email_with_regards: 1-10", "crisp/email_zoho: 1-2",
        "crisp/sig_no_empty_line: 1", "github/correct_sig: 1", "github/email_1_1: 1-7", "github/email_1_2: 1 9-46",
        "github/email_1_3: 1-6", "github/email_1_4: 1-2", "github/email_1_5: 1-16", "github/email_1_6: 1-4",
        "github/email_1_7: 1-2", "github/email_1_8: 13 19", "github/email_2_1: 1", "github/email_2_2: 1-1",
        "github/email_2_3: 1-2", "github/email_BlackBerry: 1-2", "github/email_bullets: 1-11",
        "github/email_iPhone: 1-2", "github/email_long_quote: 1-10",
        "github/email_multi_word_sent_from_my_mobile_device: 1-2", "github/email_one_is_not_on: 1-6",
        "github/email_sent_from_my_not_signature: 1-4", "github/email_sig_delimiter_in_middle_of_line: 1-8",
        "github/greedy_on: 1-7", "github/pathological: 1-2",
    ]

    @Test(arguments: [ReplyTrimmer.Kind.unknown, .answer, .fresh])
    func `nothing that a person wrote above a quotation or between is cut`(kind: ReplyTrimmer.Kind) throws {
        for entry in Self.written {
            let parts = entry.components(separatedBy: ": ")
            let files = try files("email/replies/\(parts[0].prefix { $0 != "/" })", endingIn: ["txt"])
            let name = parts[0].split(separator: "/").last.map { "\($0).txt" }
            let file = try #require(files.first { $0.lastPathComponent == name })
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self).replacing("\r\n", with: "\n")
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            var visible = ReplyTrimmer.trim(text, kind).visible.split(separator: "\n").map(Self.plain)[...]
            for range in parts[1].split(separator: " ") {
                let ends = range.split(separator: "-").compactMap { Int($0) }
                for line in lines[(ends[0] - 1)..<ends[ends.count - 1]] where !Self.plain(line).isEmpty {
                    guard line.first != ">" else { continue }
                    let place = visible.firstIndex(of: Self.plain(line))
                    #expect(place != nil, "\(parts[0]): \(line)")
                    if let place { visible = visible[(place + 1)...] }
                }
            }
        }
    }

    @Test func `an answer in a whole mail is what stands above its quotation`() throws {
        for file in try files("email/replies/talon/standard_replies", endingIn: ["eml"]) {
            let mail = try MailParser.parse(Array(try Data(contentsOf: file)))
            let visible = ReplyTrimmer.trim(PlainLines.printable(try #require(mail.text)), mail.replyKind).visible
            #expect(visible.split(separator: "\n").first.map(Self.plain) == "Hello", "\(file.lastPathComponent)")
        }
    }

    private static func plain(_ line: Substring) -> String { line.trimmingCharacters(in: .whitespaces) }

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
