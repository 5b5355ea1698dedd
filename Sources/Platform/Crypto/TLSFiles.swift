internal import COpenSSL

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What lies in the files of a server's certificate and key, and what keeps a server from showing them.
package struct TLSFiles: Sendable {
    /// Which of the two is to be mended.
    package enum File: Sendable, Hashable {
        case certificate, key
    }

    package struct Problem: Sendable, Hashable {
        package let file: File
        /// Names the file, and what would be right; holds nothing of a key.
        package let message: String
    }

    /// The certificates of one file may be many; a private key is small.
    private static let largest = 1 << 20

    /// Empty when a server can use both.
    package private(set) var problems: [Problem] = []
    /// When the leaf begins and ceases to be valid, in seconds since 1970; nil when there is none.
    package private(set) var notBefore: Int64?
    package private(set) var notAfter: Int64?

    /// - Parameters:
    ///   - certificate: The path of a PEM chain, leaf first.
    ///   - key: The path of its private key, PEM, without a passphrase.
    package init(certificate: String, key: String) {
        var leaf: OpaquePointer?
        switch Self.read(certificate) {
        case .failure(let reason): problems.append(Problem(file: .certificate, message: reason.message))
        case .success(let text):
            leaf = Self.withMemory(text) { PEM_read_bio_X509($0, nil, nil, nil) }
            if leaf == nil {
                let holds = Self.contains(text, "PRIVATE KEY-----") ? "; it holds a private key" : ""
                problems.append(
                    Problem(
                        file: .certificate,
                        message: "\(certificate) holds no certificate\(holds); expected PEM that begins with "
                            + "-----BEGIN CERTIFICATE-----"))
            }
        }
        defer { if let leaf { X509_free(leaf) } }
        notBefore = leaf.flatMap { Self.seconds(X509_get0_notBefore($0)) }
        notAfter = leaf.flatMap { Self.seconds(X509_get0_notAfter($0)) }
        switch Self.read(key) {
        case .failure(let reason):
            // One file for both is told of once.
            if key != certificate { problems.append(Problem(file: .key, message: reason.message)) }
        case .success(let text): checkKey(text, key, leaf, certificate)
        }
        ERR_clear_error()
    }

    private mutating func checkKey(_ text: [UInt8], _ path: String, _ leaf: OpaquePointer?, _ certificate: String) {
        // OpenSSL would ask for the passphrase at the terminal.
        if Self.contains(text, "ENCRYPTED") {
            problems.append(
                Problem(
                    file: .key,
                    message: "\(path) is protected by a passphrase, which nobody can type at a server's start; "
                        + "expected a key without one (`openssl pkey -in FILE -out FILE2`)"))
            return
        }
        let key = Self.withMemory(text) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
        guard let key else {
            let holds = Self.contains(text, "BEGIN CERTIFICATE-----") ? "; it holds a certificate" : ""
            let isSame = path == certificate ? "; name the key's file as tls.key" : ""
            problems.append(
                Problem(
                    file: .key,
                    message: "\(path) holds no private key\(holds); expected PEM that begins with "
                        + "-----BEGIN PRIVATE KEY-----\(isSame)"))
            return
        }
        defer { EVP_PKEY_free(key) }
        if let leaf, X509_check_private_key(leaf, key) != 1 {
            problems.append(
                Problem(
                    file: .key,
                    message: "\(path) is not the key of the first certificate in \(certificate); "
                        + "expected the key that the certificate was asked for with"))
        }
    }

    private struct Unreadable: Error { let message: String }

    private static func read(_ path: String) -> Result<[UInt8], Unreadable> {
        // What is no file, such as a pipe, could keep its reader waiting for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            return .failure(Unreadable(message: "\(path) cannot be read: \(String(cString: strerror(errno)))"))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .failure(Unreadable(message: "\(path) is no file; expected one in PEM"))
        }
        guard status.st_size <= largest else {
            return .failure(Unreadable(message: "\(path) is larger than \(largest) bytes; expected a file in PEM"))
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return .success(Array(bytes.prefix(max(0, count))))
    }

    private static func withMemory(_ bytes: [UInt8], _ body: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
        bytes.withUnsafeBytes { buffer in
            guard let memory = BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return nil }
            defer { BIO_free(memory) }
            return body(memory)
        }
    }

    private static func contains(_ text: [UInt8], _ words: String) -> Bool {
        text.firstRange(of: Array(words.utf8)) != nil
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }
}
