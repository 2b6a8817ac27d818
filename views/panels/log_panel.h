// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"
#include "views/session/job_note.h"

class QTreeWidget;

namespace expertscope {

/// What was opened and computed: when, what, how long, what came of it. Newest last.
class LogPanel final : public View
{
    Q_OBJECT
public:
    explicit LogPanel(Session& session, QWidget* parent = nullptr);

    QByteArray csv() const override;
    QSize minimumSizeHint() const override { return {140, 60}; }

private:
    void add(const JobNote& note);
    QTreeWidget* m_list = nullptr;
};

}
