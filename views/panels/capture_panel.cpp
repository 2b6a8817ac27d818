// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/capture_panel.h"

#include "views/playground/capture_form.h"
#include "views/session/session.h"

namespace expertscope {

CapturePanel::CapturePanel(Session& session, QWidget* parent)
    : View(parent)
    , m_session(session)
    , m_form(new CaptureForm(this))
{
    hold(m_form);
    connect(&m_form->run(), &CaptureRun::stateChanged, this, [this] {
        if (m_form->run().state() == CaptureRun::State::Running)
            m_follows = false;
    });
    connect(m_form, &CaptureForm::grew, this, &CapturePanel::follow);
    connect(m_form, &CaptureForm::written, this, &CapturePanel::end);
    connect(m_form, &CaptureForm::openRequested, this, [this](const QString& path) { m_session.open({path}); });
}

void CapturePanel::follow(const QString& path)
{
    if (!m_session.opening().isEmpty())
        return; // at the next look
    if (!m_follows) {
        m_follows = true;
        return m_session.open({path});
    }
    if (m_session.paths() == QStringList{path}) // else something else was opened meanwhile, which stays
        m_session.reload();
}

/// The whole trace in place of what was shown of it: filters, pins and zoom stay, as it is the same.
void CapturePanel::end(const QString& path)
{
    const QString shown = m_form->follower().path();
    if (!m_session.study() || m_session.paths() == QStringList{shown} || m_session.opening() == QStringList{shown})
        m_session.openWhole(path);
}

bool CapturePanel::stop()
{
    return m_form->stop();
}

std::vector<ViewKey> CapturePanel::keys() const
{
    return {{"Alt+C", "begin the capture"}, {"Alt+S, Esc", "stop it; what was computed is kept"}};
}

QString CapturePanel::definition() const
{
    return "<p><b>Capture</b> runs a checkpoint over prompts and records every choice of its routers, as <tt>expertscope "
           "capture</tt> does, in a process of its own.</p><p>While it grows the window shows what is in its journal, from a copy "
           "in ~/.cache/expertscope/captures.</p>";
}

QJsonObject CapturePanel::state() const
{
    return m_form->state();
}

QStringList CapturePanel::restore(const QJsonObject& state)
{
    m_form->restore(state);
    return {};
}

}
