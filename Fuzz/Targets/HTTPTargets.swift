import EventLoop
import HTTPServer
import HTTPTypes

extension FuzzTarget {
    /// What an HTTP server reads before anybody is known, and what proxies say of their clients.
    static let httpTargets: [FuzzTarget] = [
        // However the bytes are cut, they mean the same requests.
        FuzzTarget("http-request", maximumBytes: 8192) { bytes in
            bytes.withUnsafeBytes { raw in
                let whole = RequestDigest.read(raw, maximumBodyBytes: 4096)
                // The sizes of the pieces are in the input, too.
                let sizes = bytes.prefix(64).map { 1 + Int($0) % 48 }
                precondition(RequestDigest.read(raw, inPieces: sizes, maximumBodyBytes: 4096) == whole)
                let ones = repeatElement(1, count: bytes.count)
                precondition(RequestDigest.read(raw, inPieces: ones, maximumBodyBytes: 4096) == whole)
            }
        },
        FuzzTarget("proxy-header") { bytes in
            guard case .header(let header) = ProxyHeader.read(bytes) else { return }
            precondition(header.count <= bytes.count, "a header is longer than what came")
            for count in 0..<header.count {
                precondition(ProxyHeader.read(Array(bytes.prefix(count))) == .needsMore, "a part of it was judged")
            }
        },
        FuzzTarget("forwarded-for") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let trusted = PeerSet(["10.0.0.0/8", "unix"]) else { return }
            for field in ["X-Forwarded-For", "Forwarded"] {
                let client = ForwardedFor(trusted: trusted).client([field: text], peer: "unix")
                precondition(client == "unix" || IPAddress(client) != nil, "\(client) is no address")
            }
        },
    ]
}
