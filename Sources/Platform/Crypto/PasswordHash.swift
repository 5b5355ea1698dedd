internal import CCrypt

/// Hashes of passwords: bcrypt (`$2b$`) by libxcrypt.
///
/// A hash takes a core for about a quarter of a second, so it never runs on an event loop, only as many run at once as
/// there are workers, lanes take turns (a lane is whoever asks), and those who would wait too long are turned away.
package enum PasswordHash {
    /// The exponent of the number of rounds.
    package static let defaultCost = 12
    /// Dearer hashes, wherever they come from, are not computed: 2^16 rounds take about four seconds.
    private static let costs = 4...16
    private static let workers = HashWorkers(count: 2, capacity: 64)

    /// Makes a hash with a salt of its own.
    ///
    /// - Parameter lane: Who asks; lanes take turns.
    /// - Throws: ``CryptoError`` `overloaded` when too many hashes wait already.
    package static func hash(_ password: String, cost: Int = defaultCost, lane: UInt64 = 0) async throws -> String {
        precondition(costs.contains(cost), "a bcrypt cost lies between 4 and 16")
        return try await workers.run(lane: lane) {
            guard let setting = salt(cost: cost), let hash = compute(password, setting: setting) else {
                throw CryptoError(.library, "libxcrypt cannot make a bcrypt hash")
            }
            return hash
        }
    }

    /// Compares a password with a stored hash; without a hash it takes the same time and says no.
    ///
    /// So the time of an answer does not tell whether an account exists. It is mostly waited, not worked: invented
    /// accounts cost no thread.
    ///
    /// - Parameters:
    ///   - hash: `$2a$`, `$2b$` or `$2y$`; nil when there is no such user, or none with a password.
    ///   - cost: That of the work done without a hash.
    ///   - lane: Who asks; lanes take turns.
    /// - Throws: ``CryptoError`` `overloaded` when too many hashes wait already.
    package static func verify(
        _ password: String, _ hash: String?, cost: Int = defaultCost, lane: UInt64 = 0
    ) async throws -> Bool {
        guard let hash, Self.cost(of: hash) != nil else {
            try await workers.idle {
                _ = compute(password, setting: "$2b$\(cost < 10 ? "0" : "")\(cost)$abcdefghijklmnopqrstuu")
            }
            return false
        }
        return try await workers.run(lane: lane) {
            guard let computed = compute(password, setting: hash) else { return false }
            return ConstantTime.equal(computed, hash)
        }
    }

    /// Whether a hash is weaker than those made today; make a new one while the password is at hand.
    package static func needsRenewal(_ hash: String, cost: Int = defaultCost) -> Bool {
        guard hash.hasPrefix("$2b$"), let current = Self.cost(of: hash) else { return true }
        return current < cost
    }

    /// The cost of a whole bcrypt hash; nil when it is none, or one too dear to check.
    private static func cost(of hash: String) -> Int? {
        let bytes = Array(hash.utf8)
        guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(String(hash.prefix(4))),
            bytes[6] == UInt8(ascii: "$"), let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self)),
            costs.contains(cost)
        else { return nil }
        return cost
    }

    /// What bcrypt is given: it reads no further than 72 bytes or a zero byte, so longer passwords are hashed first.
    ///
    /// The hash is keyed, lest a leaked plain SHA-256 of a password from elsewhere could be tried in its place.
    private static func phrase(_ password: String) -> String {
        let bytes = Array(password.utf8)
        guard bytes.count > 72 || bytes.contains(0) else { return password }
        return Base64.encode(Digest.hmacSHA256(key: Array("martlet password".utf8), data: bytes))
    }

    private static func salt(cost: Int) -> String? {
        let random = SecureRandom.bytes(16).map { CChar(bitPattern: $0) }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        guard crypt_gensalt_rn("$2b$", UInt(cost), random, 16, &setting, Int32(setting.count)) != nil else {
            return nil
        }
        return setting.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Blocks for the time of one hash.
    private static func compute(_ password: String, setting: String) -> String? {
        let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        let bytes = UnsafeMutableRawPointer(data)
        let size = MemoryLayout<crypt_data>.size
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        defer {
            bytes.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            data.deallocate()
        }
        guard let hash = crypt_r(phrase(password), setting, data) else { return nil }
        let text = String(cString: hash)
        // Failure is a text that can never be a hash, `*0` or `*1`.
        return text.hasPrefix("*") ? nil : text
    }
}
