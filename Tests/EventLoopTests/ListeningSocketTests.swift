import EventLoop
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ListeningSocketTests {
    private let folder = NSTemporaryDirectory() + "martlet-\(UUID().uuidString.prefix(8))"

    private func inFolder(_ body: (String) throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body("\(folder)/socket")
    }

    private func refusal(_ address: SocketAddress) -> String? {
        do {
            try ListeningSocket(address).close()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `a port that somebody listens on is refused in words, and free again afterwards`() throws {
        let first = try ListeningSocket(.tcp(host: "127.0.0.1", port: 0))
        #expect(refusal(first.address) == "cannot listen on \(first.address): Address already in use")
        first.close()
        #expect(refusal(first.address) == nil)
    }

    @Test func `a port that somebody listens on at all addresses is refused for one of them`() throws {
        let first = try ListeningSocket(.tcp(host: "0.0.0.0", port: 0))
        defer { first.close() }
        guard case .tcp(_, let port) = first.address else { return }
        #expect(refusal(.tcp(host: "127.0.0.1", port: port))?.hasSuffix("Address already in use") == true)
    }

    @Test func `a file at a Unix path is refused and stays`() throws {
        try inFolder { path in
            try "precious".write(toFile: path, atomically: true, encoding: .utf8)
            #expect(refusal(.unix(path: path)) == "cannot listen on unix:\(path): there is a file that is no socket")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        }
    }

    @Test func `a folder and a link at a Unix path are refused and stay`() throws {
        try inFolder { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            #expect(refusal(.unix(path: path)) != nil)
            let (target, link) = ("\(folder)/target", "\(folder)/link")
            let listening = try ListeningSocket(.unix(path: target))
            defer { listening.close() }
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            #expect(refusal(.unix(path: link)) != nil)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
        }
    }

    @Test func `a socket at which somebody answers is refused and stays`() throws {
        try inFolder { path in
            let first = try ListeningSocket(.unix(path: path))
            defer { first.close() }
            #expect(refusal(.unix(path: path)) == "cannot listen on unix:\(path): Address already in use")
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `the socket of a server that is no more is replaced`() throws {
        try inFolder { path in
            let first = try ListeningSocket(.unix(path: path))
            // As if its process had been killed: the file stays.
            Foundation.close(first.descriptor)
            let second = try ListeningSocket(.unix(path: path))
            second.close()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `who leaves does not take another's socket along`() throws {
        try inFolder { path in
            let first = try ListeningSocket(.unix(path: path))
            try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
            let second = try ListeningSocket(.unix(path: path))
            defer { second.close() }
            first.close()
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `a path whose folder is not there is refused in words`() {
        #expect(refusal(.unix(path: "\(folder)/none/socket"))?.hasSuffix("No such file or directory") == true)
    }
}
