internal import COpenSSL

/// Hashes and keyed hashes of whole byte strings.
package enum Digest {
    /// SHA-1 (FIPS 180-4), 20 bytes: for the WebSocket handshake alone, never for signatures.
    package static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
            SHA1(bytes, bytes.count, buffer.baseAddress)
            count = 20
        }
    }

    /// SHA-256 (FIPS 180-4), 32 bytes.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            SHA256(bytes, bytes.count, buffer.baseAddress)
            count = 32
        }
    }

    /// HMAC with SHA-256 (RFC 2104), 32 bytes.
    package static func hmacSHA256(key: [UInt8], data: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            var length: UInt32 = 0
            let result = HMAC(EVP_sha256(), key, Int32(key.count), data, data.count, buffer.baseAddress, &length)
            precondition(result != nil && length == 32, "OpenSSL has no HMAC with SHA-256")
            count = 32
        }
    }
}
