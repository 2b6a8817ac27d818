// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

#include <functional>

class QLabel;
class QToolButton;

namespace expertscope {

class ElidedLabel;

/// One line that lies over the lower edge of its parent, so that nothing moves when it comes and goes: a trace is being
/// read, or could not be.
class NoticeBar final : public QFrame
{
    Q_OBJECT
public:
    explicit NoticeBar(QWidget* parent);

    void showProgress(const QString& text); ///< with a button that cancels
    void showError(const QString& text); ///< with buttons that copy and close
    /// The same of what is no error; with another button where there is something to do about it.
    void showNote(const QString& text, const QString& button = {}, std::function<void()> run = {});

signals:
    void cancelRequested();
    void closed(); ///< by its button

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();
    void lie(); ///< along the lower edge
    ElidedLabel* m_text = nullptr;
    std::function<void()> m_run; ///< of the button
    QToolButton *m_do = nullptr, *m_cancel = nullptr, *m_copy = nullptr, *m_close = nullptr;
};

}
