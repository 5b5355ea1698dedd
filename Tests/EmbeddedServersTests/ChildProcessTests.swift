import EventLoop
import Foundation
import Lifecycle
import Subprocess
import TestSupport
import Testing

@testable import EmbeddedServers

@Suite(.timeLimit(.minutes(1)))
struct ChildProcessTests {
    let loop = EventLoop(name: "test")

    @Test func `a child says how it ended, and both its outputs go to the log`() async throws {
        let log = try temporaryDirectory() + "/log"
        let command = ChildProcess.Command(arguments: ["/bin/sh", "-c", "echo out; echo err >&2; exit 7"], log: log)
        let child = try await ChildProcess.start(command, on: loop)
        await child.ended.wait()
        #expect(child.ending == .code(7))
        #expect(Folder.read(log, limit: 100) == "out\nerr\n")
        child.signal(SIGKILL)
    }

    @Test func `a child inherits neither descriptors, nor the environment, nor the process group`() async throws {
        let directory = try temporaryDirectory()
        // Without close-on-exec, as a careless library would open it.
        let leaked = open(directory + "/secret", O_RDWR | O_CREAT, 0o600)
        defer { close(leaked) }
        let script = "ls /proc/self/fd | wc -l; env | wc -l; cut -d' ' -f5 /proc/$$/stat; echo $$; pwd"
        let command = ChildProcess.Command(arguments: ["/bin/sh", "-c", script], log: directory + "/log")
        let child = try await ChildProcess.start(command, on: loop)
        await child.ended.wait()
        let lines = (Folder.read(directory + "/log", limit: 1000) ?? "").split(separator: "\n").map(String.init)
        // 0, 1, 2 and the folder that `ls` reads; PATH, LC_ALL, TZ and the shell's own PWD.
        #expect(lines == ["4", "4", "\(child.identifier)", "\(child.identifier)", "/"])
    }

    @Test func `a child that ignores the polite signals is killed`() async throws {
        let directory = try temporaryDirectory()
        let script = "trap '' TERM INT; echo ready; while :; do sleep 0.01; done"
        let command = ChildProcess.Command(arguments: ["/bin/sh", "-c", script], log: directory + "/log")
        let child = try await ChildProcess.start(command, on: loop)
        try await eventually("it is ready") { Folder.size(directory + "/log") > 0 }
        await child.stop([(SIGTERM, .milliseconds(20)), (SIGINT, .milliseconds(20))])
        #expect(child.ending == .signal(SIGKILL))
    }

    @Test func `a program that does not exist is an error with its name`() async throws {
        let log = try temporaryDirectory() + "/log"
        let error = await #expect(throws: SubprocessError.self) {
            try await ChildProcess.start(.init(arguments: ["/nowhere/postgres"], log: log), on: loop)
        }
        #expect(error?.message.contains("/nowhere/postgres") == true)
    }

    /// The kernel ties the signal to the thread that started the child, so a thread that ends stands for a process.
    @Test func `a server gets its signal when the one who started it dies`() async throws {
        let folder = try ServerFolder(DirectoryLock(temporaryDirectory()).directory)
        let script = ["/bin/sh", "-c", "echo ready; exec sleep 1000"]
        let command = try folder.command(script, log: folder.log("sleep"), deathSignal: "INT")
        let child = try await withCheckedThrowingContinuation { continuation in
            Thread {
                let child = Result { try ChildProcess.start(command) }
                while Folder.size(folder.log("sleep")) == 0, (try? child.get().ending) == .some(nil) { usleep(1000) }
                continuation.resume(with: child)
            }.start()
        }
        await child.ended.wait()
        #expect(child.ending == .signal(SIGINT))
    }
}
