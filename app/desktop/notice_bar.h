// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

class QLabel;
class QToolButton;

namespace expertscope {

class ElidedLabel;

/// One line that lies over the top of its parent, so that nothing moves when it comes and goes: a trace is being read,
/// or could not be.
class NoticeBar final : public QFrame
{
    Q_OBJECT
public:
    explicit NoticeBar(QWidget* parent);

    void showProgress(const QString& text); ///< with a button that cancels
    void showError(const QString& text); ///< with buttons that copy and close

signals:
    void cancelRequested();
    void closed(); ///< by its button

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();
    ElidedLabel* m_text = nullptr;
    QToolButton *m_cancel = nullptr, *m_copy = nullptr, *m_close = nullptr;
};

}
