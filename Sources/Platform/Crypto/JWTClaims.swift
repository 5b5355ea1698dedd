import Foundation

/// What a token says (RFC 7519, section 4.1); times are seconds since 1970.
package struct JWTClaims: Sendable, Equatable {
    package var issuer: String
    package var subject: String
    /// `aud`; a token that names several audiences is refused.
    package var audience: String?
    package var expiresAt: Int64
    package var issuedAt: Int64
    package var notBefore: Int64?
    /// `jti`: names this token alone, for revocation.
    package var id: String
    /// Further claims; those of a token that are lists or objects are left out.
    package var custom: [String: JSONScalar]

    package init(
        issuer: String, subject: String, audience: String? = nil, expiresAt: Int64, issuedAt: Int64,
        notBefore: Int64? = nil, id: String = SecureRandom.token(bytes: 12), custom: [String: JSONScalar] = [:]
    ) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.id = id
        self.custom = custom
    }
}

extension JWTClaims: Codable {
    private struct Key: CodingKey {
        static let issuer = Key("iss")
        static let subject = Key("sub")
        static let audience = Key("aud")
        static let expiresAt = Key("exp")
        static let issuedAt = Key("iat")
        static let notBefore = Key("nbf")
        static let id = Key("jti")
        static let registered: Set<String> = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti"]

        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func time(_ key: Key) throws -> Int64? {
            // NumericDate may have a fraction.
            guard container.contains(key) else { return nil }
            if let whole = try? container.decode(Int64.self, forKey: key) { return whole }
            let value = try container.decode(Double.self, forKey: key)
            guard let whole = Int64(exactly: value.rounded(.down)) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "no time")
            }
            return whole
        }
        guard let expiresAt = try time(.expiresAt) else {
            throw DecodingError.dataCorruptedError(
                forKey: .expiresAt, in: container, debugDescription: "a token needs an end")
        }
        self.expiresAt = expiresAt
        issuer = try container.decodeIfPresent(String.self, forKey: .issuer) ?? ""
        subject = try container.decodeIfPresent(String.self, forKey: .subject) ?? ""
        audience =
            if let list = try? container.decode([String].self, forKey: .audience), list.count == 1 {
                list[0]
            } else {
                try container.decodeIfPresent(String.self, forKey: .audience)
            }
        issuedAt = try time(.issuedAt) ?? 0
        notBefore = try time(.notBefore)
        id = try container.decodeIfPresent(String.self, forKey: .id) ?? ""
        custom = [:]
        for key in container.allKeys where !Key.registered.contains(key.stringValue) {
            custom[key.stringValue] = try? container.decode(JSONScalar.self, forKey: key)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for (name, value) in custom where !Key.registered.contains(name) {
            try container.encode(value, forKey: Key(name))
        }
        try container.encode(issuer, forKey: .issuer)
        try container.encode(subject, forKey: .subject)
        try container.encodeIfPresent(audience, forKey: .audience)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(issuedAt, forKey: .issuedAt)
        try container.encodeIfPresent(notBefore, forKey: .notBefore)
        try container.encode(id, forKey: .id)
    }
}

/// The value of a claim of one's own.
package enum JSONScalar: Sendable, Equatable, Codable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    case string(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    case null

    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .null: try container.encodeNil()
        }
    }
}
