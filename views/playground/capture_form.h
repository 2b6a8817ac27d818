// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is to be captured, and how far it is.
#pragma once

#include "views/live/capture_follower.h"
#include "views/live/capture_run.h"

#include <QJsonObject>
#include <QWidget>

class QCheckBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace expertscope {

class CaptureForm final : public QWidget
{
    Q_OBJECT
public:
    explicit CaptureForm(QWidget* parent = nullptr, const QString& program = captureProgram());
    ~CaptureForm() override;

    CaptureRun& run() { return m_run; }
    CaptureFollower& follower() { return m_follower; }
    CaptureOrder order() const;
    void setOrder(const CaptureOrder& order);
    void start();
    bool stop();
    QString statusText() const;
    QString logText() const;

    QJsonObject state() const;
    void restore(const QJsonObject& state);

    QSize minimumSizeHint() const override { return {240, 140}; }

signals:
    void grew(const QString& path); ///< what is captured by now can be read there
    void written(const QString& path); ///< whole, or as much as there was when it was stopped
    void openRequested(const QString& path);

private:
    enum class Kind
    {
        Folder,
        OpenFile,
        SaveFile
    };
    QLineEdit* addPath(QFormLayout& form, const QString& label, const QString& id, const QString& tip, Kind kind);
    void update();
    void showProgress();

    CaptureRun m_run;
    CaptureFollower m_follower;
    QLineEdit *m_model = nullptr, *m_prompts = nullptr, *m_output = nullptr;
    QCheckBox *m_logits = nullptr, *m_loss = nullptr, *m_replace = nullptr, *m_follow = nullptr;
    QSpinBox* m_most = nullptr;
    QPushButton *m_start = nullptr, *m_open = nullptr;
    QProgressBar* m_progress = nullptr;
    QLabel* m_status = nullptr;
    QPlainTextEdit* m_log = nullptr;
};

}
