return (int)Prism.Supervisor.ExitCode.Success;
