// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/capture/serve.h"

#include "io/backend/routing_server.h"
#include "io/base/standard_streams.h"
#include "io/serve/line_splitter.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <poll.h>
#include <thread>
#include <unistd.h>

namespace expertscope {

namespace {

/// Lines are read by a thread of their own, so that a cancel reaches the request that is being computed.
class ServeLoop
{
public:
    explicit ServeLoop(CaptureRequest request)
        : m_request(std::move(request))
    {
        m_request.stop = &m_stop;
    }

    int run()
    {
        std::thread reader([this] { read(); });
        reader.detach(); // it may wait for a line that never comes; the process ends by _exit()
        const auto server = RoutingServer::open(m_request);
        if (!server) {
            if (m_stop)
                return 0;
            say(ServeFailure{{}, server.error()});
            std::fprintf(stderr, "expertscope-capture: %s\n", server.error().message().c_str());
            return 1;
        }
        say((*server)->capabilities());
        while (const auto request = take()) {
            ServeReply reply = (*server)->route(*request);
            if (ended() || !heard())
                break;
            const bool cancelled = finish();
            say(cancelled ? ServeReply(ServeCancelled{request->id}) : reply);
        }
        return 0;
    }

private:
    void say(const ServeReply& reply)
    {
        const std::string line = lineOf(reply);
        const std::lock_guard lock(m_output);
        printEvent(line);
    }

    /// The next request, which is under way from now on; none: the end.
    std::optional<ServeRequest> take()
    {
        std::unique_lock lock(m_mutex);
        m_more.wait(lock, [&] { return m_ended || m_closed || !m_waiting.empty(); });
        if (m_ended || m_waiting.empty())
            return std::nullopt;
        ServeRequest request = std::move(m_waiting.front());
        m_waiting.pop_front();
        m_underWay = request.id;
        m_stop = false;
        return request;
    }

    /// True: it was cancelled meanwhile.
    bool finish()
    {
        const std::lock_guard lock(m_mutex);
        m_underWay.reset();
        return m_stop.exchange(false);
    }

    bool ended()
    {
        const std::lock_guard lock(m_mutex);
        return m_ended;
    }

    /// Does anybody read the answers still?
    static bool heard()
    {
        pollfd output{STDOUT_FILENO, 0, 0};
        return ::poll(&output, 1, 0) <= 0 || !(output.revents & (POLLERR | POLLHUP));
    }

    void end()
    {
        const std::lock_guard lock(m_mutex);
        m_ended = true;
        m_stop = true;
        m_more.notify_all();
    }

    void read()
    {
        LineSplitter lines(kServeRequestBytes);
        char bytes[1 << 16];
        for (;;) {
            const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
            if (count < 0 && errno == EINTR)
                continue;
            if (count <= 0)
                break;
            lines.add({bytes, static_cast<std::size_t>(count)});
            while (const auto line = lines.next()) {
                if (!take(*line))
                    return end();
            }
        }
        if (const auto line = lines.rest())
            take(*line);
        // Whoever wrote into a file or a pipe and closed it still wants its answers; whoever died reads none.
        const std::lock_guard lock(m_mutex);
        m_closed = true;
        if (m_waiting.empty() && !m_underWay)
            m_stop = true; // nobody waits for the model to be loaded
        m_more.notify_all();
    }

    /// False: it says stop.
    bool take(const LineSplitter::Line& line)
    {
        std::optional<std::uint64_t> id;
        if (line.tooLong) {
            say(ServeFailure{{},
                {"is longer than " + std::to_string(kServeRequestBytes) + " bytes", "request",
                    "expertscope capture takes prompts of any length"}});
            return true;
        }
        if (line.text.empty())
            return true;
        auto request = parseServeRequest(line.text, id);
        if (!request) {
            say(ServeFailure{id, std::move(request).error()});
            return true;
        }
        if (request->kind == ServeRequest::Kind::Stop)
            return false;
        if (request->kind == ServeRequest::Kind::Cancel)
            cancel(request->id);
        else if (std::optional<Error> refused = queue(std::move(*request)))
            say(ServeFailure{id, std::move(*refused)});
        return true;
    }

    std::optional<Error> queue(ServeRequest request)
    {
        const std::lock_guard lock(m_mutex);
        if (m_waiting.size() >= kServeWaiting)
            return Error{std::to_string(m_waiting.size()) + " requests wait already", "request", "cancel some"};
        if (m_underWay == request.id
            || std::ranges::find(m_waiting, request.id, &ServeRequest::id) != m_waiting.end())
            return Error{"another request has this id", "request: id", {}};
        m_waiting.push_back(std::move(request));
        m_more.notify_all();
        return std::nullopt;
    }

    void cancel(std::uint64_t id)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_underWay == id) {
                m_stop = true; // run() says so
                return;
            }
            if (std::erase_if(m_waiting, [&](const ServeRequest& request) { return request.id == id; }) == 0)
                return; // answered already
        }
        say(ServeCancelled{id});
    }

    CaptureRequest m_request;
    std::mutex m_mutex, m_output;
    std::condition_variable m_more;
    std::deque<ServeRequest> m_waiting;
    std::optional<std::uint64_t> m_underWay;
    std::atomic<bool> m_stop = false;
    bool m_ended = false, m_closed = false;
};

}

int serve(CaptureRequest request)
{
    static ServeLoop* const loop = new ServeLoop(std::move(request)); // the reader may outlive this function
    const int status = loop->run();
    std::fflush(nullptr);
    _exit(status); // gigabytes of weights need not be given back one by one
}

}
