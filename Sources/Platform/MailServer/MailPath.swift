/// The argument of MAIL or RCPT: `FROM:<a@example.org> SIZE=10` (RFC 5321, section 4.1.2).
struct MailPath: Equatable {
    static let maximumAddressBytes = 320

    let address: String
    let parameters: [(name: String, value: String?)]

    static func == (left: MailPath, right: MailPath) -> Bool {
        left.address == right.address && left.parameters.elementsEqual(right.parameters) { $0 == $1 }
    }

    /// - Parameter keyword: `FROM` or `TO`.
    /// - Returns: nil when the argument has another form.
    init?(_ argument: Substring, keyword: String) {
        guard argument.prefix(keyword.count + 1).uppercased() == keyword + ":" else { return nil }
        let path = argument.dropFirst(keyword.count + 1).drop { $0 == " " }
        guard path.first == "<" else { return nil }
        var isQuoted = false
        var isEscaped = false
        var end: Substring.Index?
        for index in path.indices.dropFirst() {
            let character = path[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted, character == ">" {
                end = index
                break
            } else if !isQuoted, character == "<" || character == " " {
                return nil
            }
        }
        guard let end else { return nil }
        var address = path[path.index(after: path.startIndex)..<end]
        // A route before the address has had no meaning for long (RFC 5321, appendix C).
        if address.first == "@" {
            guard let colon = address.firstIndex(of: ":") else { return nil }
            address = address[address.index(after: colon)...]
        }
        guard address.utf8.count <= Self.maximumAddressBytes, address.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        let rest = path[path.index(after: end)...]
        guard rest.isEmpty || rest.first == " " else { return nil }
        self.address = String(address)
        parameters = rest.split(separator: " ").map { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: parts[0].uppercased(), value: parts.count == 2 ? String(parts[1]) : nil)
        }
    }
}
