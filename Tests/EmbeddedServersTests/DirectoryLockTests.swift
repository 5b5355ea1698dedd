import Foundation
import TestSupport
import Testing

@testable import EmbeddedServers

@Suite(.timeLimit(.minutes(1)))
struct DirectoryLockTests {
    @Test func `a folder is held once, the error names the holder, and it can be had again afterwards`() throws {
        let directory = try temporaryDirectory() + "/made/on/the/way"
        var first: DirectoryLock? = try DirectoryLock(directory)
        #expect(first?.directory == directory)
        let error = #expect(throws: EmbeddedServersError.self) { try DirectoryLock(directory) }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("process \(getpid())") == true)
        first = nil
        _ = try DirectoryLock(directory)
    }

    @Test func `two names of one folder are one folder`() throws {
        let directory = try temporaryDirectory()
        try Folder.make(directory + "/real")
        try #require(symlink(directory + "/real", directory + "/other") == 0)
        let lock = try DirectoryLock(directory + "/other")
        #expect(lock.directory == directory + "/real")
        #expect(throws: EmbeddedServersError.self) { try DirectoryLock(directory + "/real") }
        withExtendedLifetime(lock) {}
    }

    @Test func `a file in the place of the folder is an error`() throws {
        let path = try temporaryDirectory() + "/file"
        try Folder.write("", to: path)
        let error = #expect(throws: EmbeddedServersError.self) { try DirectoryLock(path) }
        #expect(error?.code == .folder)
    }

    @Test func `removing a folder does not follow links out of it`() throws {
        let directory = try temporaryDirectory()
        try Folder.make(directory + "/kept")
        try Folder.write("precious", to: directory + "/kept/file")
        try Folder.make(directory + "/gone/below")
        try #require(symlink(directory + "/kept", directory + "/gone/below/link") == 0)
        Folder.remove(directory + "/gone")
        #expect(Folder.names(directory) == ["kept"])
        #expect(Folder.read(directory + "/kept/file", limit: 20) == "precious")
    }
}
