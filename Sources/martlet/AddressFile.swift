import EventLoop
import Foundation
import MartletClient

/// Tells the commands of the terminal, which have the data folder, where its server listens.
struct AddressFile: Sendable {
    let folder: String

    private var path: String { folder + "/" + ServerAccess.addressFile }

    func write(_ address: SocketAddress, isSecure: Bool) {
        // Commands can be told where the server is; a folder that is full is told of elsewhere.
        try? Data((Self.url(address, isSecure: isSecure) + "\n").utf8).write(
            to: URL(fileURLWithPath: path), options: .atomic)
    }

    func remove() { unlink(path) }

    /// Where a program of the same machine finds it.
    static func url(_ address: SocketAddress, isSecure: Bool) -> String {
        switch address {
        case .tcp(let host, let port):
            let near = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
            return "\(isSecure ? "https" : "http")://\(near.contains(":") ? "[\(near)]" : near):\(port)"
        case .unix(let path): return "unix:" + URL(fileURLWithPath: path).path
        }
    }
}
