internal import COpenSSL

/// Unpredictable bytes for keys, tokens and ids.
package enum SecureRandom {
    /// Draws from OpenSSL's generator, which the kernel seeds.
    ///
    /// The process ends when there is no randomness: going on would hand out keys that can be guessed.
    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            precondition(RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "there is no source of randomness")
            initialized = count
        }
    }

    /// A text for URLs and headers: base64url without padding; 24 bytes become 32 characters.
    package static func token(bytes count: Int = 24) -> String { Base64URL.encode(bytes(count)) }

    /// A text that survives case folding, as in host names and mail addresses: lower-case base32 (RFC 4648) without
    /// padding; 20 bytes become 32 characters.
    package static func base32Token(bytes count: Int = 20) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        var text: [UInt8] = []
        var pending = 0
        var bits = 0
        for byte in bytes(count) {
            pending = (pending << 8 | Int(byte)) & 0xFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[pending >> bits & 31])
            }
        }
        if bits > 0 { text.append(alphabet[pending << (5 - bits) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }
}
