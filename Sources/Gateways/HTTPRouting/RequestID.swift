/// The name of one request in answers and logs.
enum RequestID {
    /// Takes what the client or a proxy sent, if it is safe to repeat, or makes one.
    static func choose(_ sent: String?) -> String {
        if let sent, (1...128).contains(sent.utf8.count), sent.utf8.allSatisfy(isSafe) { return sent }
        // Random, not secret: two requests must not share it, that is all.
        let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_.:/+=".utf8.contains(byte)
        }
    }
}
