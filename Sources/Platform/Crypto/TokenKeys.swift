import Synchronization

/// A ring of keys for tokens: one signs, older ones are accepted until they are removed.
///
/// To rotate, call ``rotate(to:)`` and, once the last token of the old key has expired, ``remove(id:)``.
package final class TokenKeys: Sendable {
    private struct State {
        var signing: SigningKey
        var accepted: [String: SigningKey]
    }

    private let state: Mutex<State>

    /// Takes the first key for signing and all for verifying.
    ///
    /// - Throws: ``CryptoError`` when there is no key, the first cannot sign, or two share an id.
    package init(keys: [SigningKey]) throws(CryptoError) {
        guard let signing = keys.first, signing.canSign else {
            throw CryptoError(.invalidKey, "the first token key must be one that can sign")
        }
        var accepted: [String: SigningKey] = [:]
        for key in keys where accepted.updateValue(key, forKey: key.id) != nil {
            throw CryptoError(.invalidKey, "two token keys share the id \(key.id)")
        }
        state = Mutex(State(signing: signing, accepted: accepted))
    }

    /// Signs with `key` from now on; what the keys before it signed stays good.
    ///
    /// - Throws: ``CryptoError`` when `key` cannot sign or its id is taken.
    package func rotate(to key: SigningKey) throws(CryptoError) {
        guard key.canSign else { throw CryptoError(.invalidKey, "a public key cannot sign tokens") }
        try state.withLock { (state) throws(CryptoError) in
            guard state.accepted[key.id] == nil else {
                throw CryptoError(.invalidKey, "there is a token key with the id \(key.id) already")
            }
            state.accepted[key.id] = key
            state.signing = key
        }
    }

    /// Refuses the tokens of a key from now on; the key that signs cannot be removed.
    package func remove(id: String) {
        state.withLock { if $0.signing.id != id { $0.accepted[id] = nil } }
    }

    package func sign(_ claims: JWTClaims) throws -> String {
        try JSONWebToken.sign(claims, with: state.withLock { $0.signing })
    }

    /// Checks a token as ``JSONWebToken/verify(_:key:now:leeway:)`` does.
    ///
    /// - Parameters:
    ///   - now: Seconds since 1970.
    ///   - leeway: Seconds.
    package func verify(_ token: String, now: Int64, leeway: Int64 = 30) throws(JWTError) -> JWTClaims {
        try JSONWebToken.verify(token, key: { id in state.withLock { $0.accepted[id] } }, now: now, leeway: leeway)
    }
}
