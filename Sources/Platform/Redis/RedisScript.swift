import Synchronization

/// A Lua script, sent once and then named by its digest.
package final class RedisScript: Sendable {
    package let source: String
    private let digest = Mutex<String?>(nil)

    package init(_ source: String) { self.source = source }

    fileprivate var known: String? { digest.withLock { $0 } }

    fileprivate func learn(_ text: String) { digest.withLock { $0 = text } }
}

extension RedisClient {
    /// Runs a script; see the manual's "Scripting with Lua".
    ///
    /// A server that has lost its scripts by a restart gets the source again.
    package func eval(
        _ script: RedisScript, keys: [String] = [], arguments: [any RedisArgument] = [],
        timeout: Duration? = defaultTimeout
    ) async throws -> RedisValue {
        if script.known == nil {
            let reply = try await send(RedisCommand("SCRIPT", "LOAD", script.source), timeout: timeout)
            guard let digest = reply.string else {
                throw RedisError(.malformed, "Redis answered SCRIPT LOAD without a digest")
            }
            script.learn(digest)
        }
        func command(_ name: String, _ text: String) -> RedisCommand {
            var command = RedisCommand(name, text, keys.count)
            for key in keys { command.append(key) }
            for argument in arguments { argument.append(to: &command) }
            return command
        }
        do {
            return try await send(command("EVALSHA", script.known ?? ""), timeout: timeout)
        } catch let error as RedisError where error.kind == "NOSCRIPT" {
            return try await send(command("EVAL", script.source), timeout: timeout)
        }
    }
}
