// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/desktop/start/demo_traces.h"
#include "views/session/job_tracker.h"

#include <QAbstractButton>
#include <QImage>

namespace expertscope {

/// A bundled trace to be opened: its load map in small, what it is called, what it holds.
class TraceCard final : public QAbstractButton
{
    Q_OBJECT
public:
    explicit TraceCard(const DemoTrace& trace, QWidget* parent = nullptr);

    const DemoTrace& trace() const { return m_trace; }
    QSize sizeHint() const override { return {220, 150}; }
    QSize minimumSizeHint() const override { return {150, 140}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    DemoTrace m_trace;
    QImage m_map; ///< a pixel an expert and layer; null: not known yet, or no file
    JobTracker m_job;
    bool m_asked = false;
};

/// The load about uniform of a trace's experts, a pixel each; null where it cannot be read.
QImage loadThumbnail(const QString& file);

}
