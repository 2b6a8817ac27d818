// SPDX-License-Identifier: GPL-3.0-or-later
//
// A model that stays in memory and routes one prompt after the other: what expertscope-capture --serve answers with.
#pragma once

#include "io/backend/capture.h"
#include "io/serve/serve_reply.h"

#include <memory>

namespace expertscope {

class RoutingServer
{
public:
    /// Of a request for a capture: model, device, dtype, threads and batchTokens; `stop` gives up loading and what is
    /// being computed.
    static Expected<std::unique_ptr<RoutingServer>> open(const CaptureRequest& request);
    ~RoutingServer();

    const ServeCapabilities& capabilities() const;
    /// The answer to Kind::Route: the same numbers that a capture of that prompt alone computes; a failure, or that it
    /// was stopped.
    ServeReply route(const ServeRequest& request);

private:
    struct Private;
    explicit RoutingServer(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

}
