extension HTTPResponse {
    /// An error as `application/problem+json` (RFC 9457).
    ///
    /// - Parameters:
    ///   - code: Stable and machine-readable: `body_too_large`.
    ///   - detail: A sentence for the person who has to put it right; must hold no secret.
    package init(problem code: String, status: Int, detail: String, headers: HTTPHeaders = [:]) {
        let title = HTTPStatus.reason(status)
        let text =
            #"{"type":"about:blank","title":"\#(title)","status":\#(status),"code":"\#(Self.escape(code))","#
            + #""detail":"\#(Self.escape(detail))"}"#
        self.init(status: status, headers: headers, text: text, type: "application/problem+json")
    }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": escaped += "\\\(scalar)"
            case "\u{0}"..<" ": escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
