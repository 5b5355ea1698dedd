import Testing

@testable import EventLoop

struct ProxyHeaderTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]

    private static func block(_ command: UInt8, _ family: UInt8, _ content: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }

    private static let v4: [UInt8] = [192, 0, 2, 7, 10, 0, 0, 1, 0x30, 0x39, 0, 80]
    private static let v6: [UInt8] =
        [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [9] + [UInt8](repeating: 0, count: 16)
        + [0x30, 0x39, 0, 80]

    private static let good: [([UInt8], String?)] = [
        (bytes("PROXY TCP4 192.0.2.7 10.0.0.1 12345 80\r\n"), "192.0.2.7"),
        (bytes("PROXY TCP6 2001:db8::9 ::1 65535 0\r\n"), "2001:db8::9"),
        (bytes("PROXY UNKNOWN\r\n"), nil),
        (bytes("PROXY UNKNOWN ffff::1 anything at all\r\n"), nil),
        (block(0x21, 0x11, v4), "192.0.2.7"),
        (block(0x21, 0x11, v4 + [4, 0, 1, 7]), "192.0.2.7"),
        (block(0x21, 0x21, v6), "2001:db8::9"),
        (block(0x21, 0x31, [UInt8](repeating: 0, count: 216)), nil),
        (block(0x21, 0x00, []), nil),
        (block(0x20, 0x00, []), nil),
        (block(0x20, 0x11, v4), nil),
    ]

    @Test(arguments: good)
    func `a header says who is behind the proxy, and where it ends`(header: [UInt8], source: String?) {
        let expected = ProxyHeader.Reading.header(
            ProxyHeader(count: header.count, source: source.flatMap { IPAddress($0) }))
        #expect(ProxyHeader.read(header) == expected)
        #expect(ProxyHeader.read(header + Self.bytes("GET / HTTP/1.1\r\n")) == expected)
        for count in 0..<header.count { #expect(ProxyHeader.read(Array(header[..<count])) == .needsMore) }
    }

    @Test(arguments: [
        bytes("GET / HTTP/1.1\r\n"), bytes("proxy TCP4 192.0.2.7 10.0.0.1 1 2\r\n"), bytes("PROXY\r\n"),
        bytes("PROXY \r\n"), bytes("PROXY TCP4\r\n"), bytes("PROXY TCP4 192.0.2.7 10.0.0.1 1 2\n"),
        bytes("PROXY TCP4 192.0.2.7 10.0.0.1 1 2 \r\n"), bytes("PROXY TCP4  192.0.2.7 10.0.0.1 1 2\r\n"),
        bytes("PROXY TCP4 192.0.2.7 10.0.0.1 1\r\n"), bytes("PROXY TCP4 192.0.2.7 10.0.0.1 65536 2\r\n"),
        bytes("PROXY TCP4 192.0.2.7 10.0.0.1 -1 2\r\n"), bytes("PROXY TCP4 192.0.2.7 10.0.0.1 01 2\r\n"),
        bytes("PROXY TCP4 192.0.2.7 ::1 1 2\r\n"), bytes("PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n"),
        bytes("PROXY TCP4 2001:db8::9 ::1 1 2\r\n"), bytes("PROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n"),
        bytes("PROXY TCP4 192.0.2 10.0.0.1 1 2\r\n"), bytes("PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n"),
        bytes("PROXY TCP4 192.0.2.7\0 10.0.0.1 1 2\r\n"), bytes("PROXY TCP4 192.0.2.7 10.0.0.1 1 2\rx\r\n"),
        bytes("PROXY UNKNOWN " + String(repeating: "x", count: 107)), bytes("\r\n\r\n\0\r\nQUIX\n"),
        block(0x11, 0x11, v4), block(0x31, 0x11, v4), block(0x22, 0x11, v4), block(0x21, 0x12, v4),
        block(0x21, 0x41, v4), block(0x21, 0x11, Array(v4.dropLast())), block(0x21, 0x21, Array(v6.dropLast())),
        block(0x21, 0x31, [UInt8](repeating: 0, count: 215)), signature + [0x21, 0x11, 0xFF, 0xFF],
    ])
    func `what is no header is refused`(header: [UInt8]) {
        #expect(ProxyHeader.read(header) == .invalid)
    }
}
