internal import CCurl
import EventLoop

/// Drives libcurl's multi interface by the sockets and timers of an event loop.
///
/// Touched on the loop only.
///
/// libcurl is never called from inside its own callbacks: what they ask for is done when the loop comes round again.
///
/// See libcurl-multi(3), "multi_socket", and curl_multi_socket_action(3).
final class TransferEngine: @unchecked Sendable {
    typealias Completion = (Result<HTTPClientResponse, HTTPClientError>) -> Void

    private struct Entry {
        let transfer: HTTPTransfer
        let completion: Completion
    }

    private let loop: EventLoop
    private let maximumTransfers: Int
    private var multi: UnsafeMutableRawPointer?
    private var transfers: [Int: Entry] = [:]
    private var ids: [UnsafeMutableRawPointer: Int] = [:]
    private var watchers: [Int32: SocketWatcher] = [:]
    private var timer: Timer?
    // Counts what the timer callback asked for, so that an order that has been replaced does nothing.
    private var timerOrder = 0

    init(loop: EventLoop, configuration: HTTPClientConfiguration) {
        CurlLibrary.prepare
        self.loop = loop
        self.maximumTransfers = configuration.maximumRequests
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl is out of memory") }
        self.multi = multi
        let context = Unmanaged.passUnretained(self).toOpaque()
        martlet_curl_multi_set_callbacks(multi, socketChanged, timerChanged, context)
        let limits = [
            (CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maximumConnectionsPerHost),
            (CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.maximumConnections),
            (CURLMOPT_MAXCONNECTS, configuration.maximumIdleConnections),
        ]
        for (option, limit) in limits { martlet_curl_multi_set_long(multi, option, max(1, limit)) }
    }

    deinit { precondition(multi == nil, "a transfer engine was dropped before it was closed") }

    var count: Int { transfers.count }

    func start(_ id: Int, _ makeTransfer: () throws(HTTPClientError) -> HTTPTransfer, completion: @escaping Completion)
    {
        loop.preconditionInLoop()
        guard let multi else { return completion(.failure(HTTPClientError(.closed, "the client is closed"))) }
        guard transfers.count < maximumTransfers else {
            return completion(.failure(HTTPClientError(.busy, "\(transfers.count) requests are in progress")))
        }
        let transfer: HTTPTransfer
        do throws(HTTPClientError) { transfer = try makeTransfer() } catch { return completion(.failure(error)) }
        let code = curl_multi_add_handle(multi, transfer.handle.raw)
        guard code == CURLM_OK else {
            return completion(.failure(HTTPClientError(.other, String(cString: curl_multi_strerror(code)))))
        }
        transfers[id] = Entry(transfer: transfer, completion: completion)
        ids[transfer.handle.raw] = id
    }

    func cancel(_ id: Int) {
        loop.preconditionInLoop()
        remove(id, .failure(HTTPClientError(.cancelled, "the request was cancelled")))
    }

    func close() {
        loop.preconditionInLoop()
        for id in Array(transfers.keys) {
            remove(id, .failure(HTTPClientError(.closed, "the client is closed")))
        }
        guard let multi else { return }
        curl_multi_cleanup(multi)
        self.multi = nil
        for watcher in watchers.values { watcher.stop() }
        watchers = [:]
        timer?.cancel()
        timer = nil
    }

    /// Takes the transfer out of libcurl, then tells its owner.
    private func remove(_ id: Int, _ result: @autoclosure () -> Result<HTTPClientResponse, HTTPClientError>) {
        guard let multi, let entry = transfers.removeValue(forKey: id) else { return }
        let result = result()
        curl_multi_remove_handle(multi, entry.transfer.handle.raw)
        ids[entry.transfer.handle.raw] = nil
        entry.completion(result)
    }

    // MARK: Driving

    private func act(_ descriptor: Int32, _ events: Int32) {
        guard let multi else { return }
        var running: Int32 = 0
        curl_multi_socket_action(multi, descriptor, events, &running)
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle, let id = ids[easy],
                let transfer = transfers[id]?.transfer
            else { continue }
            // The message is gone once the handle is removed.
            let code = message.pointee.data.result
            remove(id, transfer.finish(code))
        }
    }

    fileprivate func watch(_ descriptor: Int32, _ what: Int32) {
        let interest: SocketWatcher.Interest =
            switch what {
            case CURL_POLL_IN: .read
            case CURL_POLL_OUT: .write
            case CURL_POLL_INOUT: [.read, .write]
            default: []
            }
        if interest.isEmpty {
            watchers.removeValue(forKey: descriptor)?.stop()
            return
        }
        let watcher =
            watchers[descriptor]
            ?? SocketWatcher(loop: loop, descriptor: descriptor) { ready in
                var events: Int32 = 0
                if ready.contains(.read) { events |= CURL_CSELECT_IN }
                if ready.contains(.write) { events |= CURL_CSELECT_OUT }
                self.act(descriptor, events)
            }
        watchers[descriptor] = watcher
        watcher.watch(interest)
    }

    fileprivate func arm(_ milliseconds: Int) {
        timer?.cancel()
        timer = nil
        timerOrder &+= 1
        guard milliseconds >= 0 else { return }
        let order = timerOrder
        let expire: @Sendable () -> Void = {
            guard self.timerOrder == order else { return }
            self.act(CURL_SOCKET_TIMEOUT, 0)
        }
        if milliseconds == 0 {
            loop.execute(expire)
        } else {
            timer = loop.schedule(after: .milliseconds(milliseconds), expire)
        }
    }
}

private func socketChanged(
    _: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t, _ what: Int32, _ context: UnsafeMutableRawPointer?,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return -1 }
    Unmanaged<TransferEngine>.fromOpaque(context).takeUnretainedValue().watch(descriptor, what)
    return 0
}

private func timerChanged(
    _: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return -1 }
    Unmanaged<TransferEngine>.fromOpaque(context).takeUnretainedValue().arm(milliseconds)
    return 0
}
