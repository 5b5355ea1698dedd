import Foundation
import Settings

/// Covers what must not leave the machine, wherever it stands in a text.
///
/// Known secrets are covered by their value, others by the form that secrets have.
struct Redactor: Sendable {
    static let cover = "<hidden>"
    /// A shorter text would cover words that mean nothing.
    private static let shortest = 4
    private static let words = [
        "password", "passwd", "secret", "token", "api_key", "apikey", "authorization", "cookie",
    ]

    private let secrets: [String]
    private let forms: [(NSRegularExpression, String)]

    init(secrets: some Sequence<String>) {
        // A secret that is part of another one must not leave the rest of it; one in JSON or a URL is written otherwise.
        let all = Set(
            secrets.filter { $0.utf8.count >= Self.shortest }.flatMap { secret in
                [secret, secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret]
                    + secret.split(whereSeparator: \.isNewline).map(String.init).filter { $0.utf8.count >= 8 }
            })
        self.secrets = all.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        forms = [
            // User and password of a URL.
            (#"([A-Za-z][A-Za-z0-9+.-]*://)[^\s/@"'<>]*@"#, "$1\(Self.cover)@"),
            // A webhook's address, ours and others'.
            (#"(/hooks/|/services/)[^\s"'?#<>]+"#, "$1\(Self.cover)"),
            (#"(?i)\b(bearer|basic|apikey)\s+[A-Za-z0-9._~+/=-]{6,}"#, "$1 \(Self.cover)"),
            (#"\b(mbt_|whsec_|xox[a-z]-)[A-Za-z0-9._+/=-]+"#, "$1\(Self.cover)"),
            (#"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"#, Self.cover),
            (#"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|\z)"#, Self.cover),
            (
                #"(?i)(["']?[a-z_-]*(?:\#(Self.words.joined(separator: "|")))["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&}"']+)"#,
                "$1\(Self.cover)"
            ),
        ].compactMap { pattern, template in
            (try? NSRegularExpression(pattern: pattern)).map { ($0, template) }
        }
    }

    func covered(_ text: String) -> String {
        var text = text
        for secret in secrets { text = text.replacing(secret, with: Self.cover) }
        for (form, template) in forms {
            text = form.stringByReplacingMatches(
                in: text, range: NSRange(text.startIndex..., in: text), withTemplate: template)
        }
        return text
    }

    /// Scheme, host and port of a URL: a path may be a secret, too.
    static func origin(of url: String) -> String {
        guard let end = url.firstRange(of: "://") else { return cover }
        let authority = url[end.upperBound...].prefix { !"/?#".contains($0) }
        return String(url[..<end.upperBound] + (authority.split(separator: "@").last ?? ""))
    }
}
