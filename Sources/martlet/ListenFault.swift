import EventLoop

/// The address of `listen` cannot be had, and what to do about it.
struct ListenFault: Error, CustomStringConvertible {
    let cause: SocketError

    var description: String { "\(cause)\n  \(advice)" }

    private var advice: String {
        switch cause.address {
        case .tcp(let host, let port) where cause.message.contains("Permission denied"):
            "Ports below 1024 are for root, or for a service with CAP_NET_BIND_SERVICE: "
                + "choose another port (--listen \(host):\(8000 + Int(port)))."
        case .tcp(let host, let port):
            "Stop the server that listens there, or give this one an address and a data folder of its own: "
                + "--listen \(host):\(port == .max ? port - 1 : port + 1) --data data-2"
        case .unix:
            "Stop the server that listens there, remove what it left, or choose another path with --listen."
        }
    }
}
