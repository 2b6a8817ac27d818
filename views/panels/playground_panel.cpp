// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/playground_panel.h"

#include "views/playground/playground.h"
#include "views/session/session.h"

namespace expertscope {

PlaygroundPanel::PlaygroundPanel(Session& session, QWidget* parent)
    : View(parent)
    , m_view(new Playground(this))
{
    hold(m_view);
    connect(m_view, &Playground::readoutChanged, this, &View::readoutChanged);
    connect(m_view, &Playground::contentChanged, this, &View::contentChanged);
    connect(m_view, &Playground::traceWritten, this, [&session](const QString& path) { session.open({path}); });
}

QString PlaygroundPanel::readout() const
{
    return m_view->readout();
}

bool PlaygroundPanel::stop()
{
    return m_view->stop();
}

QByteArray PlaygroundPanel::csv() const
{
    return m_view->csv();
}

std::vector<ViewKey> PlaygroundPanel::keys() const
{
    return {{"typing", "the prompt is routed anew"}, {"Alt+K", "keep the prompt and compare with it"},
        {"Alt+T", "open the prompts as a trace"}, {"arrows in the table", "from cell to cell, told in the readout"},
        {"Return in the list", "take that prompt back"}, {"Delete in the list", "forget that prompt"}};
}

QString PlaygroundPanel::definition() const
{
    return "<p><b>Playground</b>: one forward pass of the model over the prompt. Each cell holds the experts that a router "
           "chose for a token, in rank order, darker the larger their weight.</p><p>Compared with another prompt, tokens are paired "
           "by a longest common subsequence of their ids. <i>Changed</i> counts the routers whose set of experts is another for "
           "the paired token, whatever their order; framed experts are not in the other set.</p><p><i>Open as trace</i> captures the "
           "kept prompts with logits and loss into ~/.cache/expertscope/prompts.</p>";
}

QJsonObject PlaygroundPanel::state() const
{
    return m_view->state();
}

QStringList PlaygroundPanel::restore(const QJsonObject& state)
{
    m_view->restore(state);
    return {};
}

}
