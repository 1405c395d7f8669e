# The supervisor: one native binary, which needs no .NET where it runs.
{
  lib,
  stdenv,
  buildDotnetModule,
  dotnetCorePackages,
  installShellFiles,
  openssl,
  patchelf,
  systemdLibs,
  testers,
  zlib,
}:

buildDotnetModule (finalAttrs: {
  pname = "prism-supervisor";
  version = "0.1.0";

  # What the compiler reads and no more: a change of a test or of the documentation builds nothing anew. The lock files stay
  # out: their hashes of what the SDK brings are those of another SDK, and deps.json locks the rest.
  src = lib.fileset.toSource {
    root = ../../..;
    fileset = lib.fileset.unions [
      ../../../BannedSymbols.txt
      ../../../Directory.Build.props
      ../../../Directory.Packages.props
      ../../completions/prism-supervisor.bash
      (lib.fileset.fileFilter (
        file: file.hasExt "cs" || file.hasExt "csproj"
      ) ../../../src/Prism.Supervisor)
    ];
  };

  projectFile = "src/Prism.Supervisor/Prism.Supervisor.csproj";
  nugetDeps = ./deps.json;
  dotnet-sdk = dotnetCorePackages.sdk_10_0;

  # PublishAot cannot do without: the flags of the other case switch trimming off.
  selfContainedBuild = true;
  # A link of our own (postInstall) instead of a wrapper: the program starts itself again for each child.
  executables = [ ];

  dotnetFlags = [
    "-p:GenerateDocumentationFile=false"
    "-p:RestorePackagesWithLockFile=false"
    # The house's rules are kept where it is developed; another SDK may know more of them.
    "-p:RunAnalyzers=false"
    "-p:TreatWarningsAsErrors=false"
  ];

  nativeBuildInputs = [
    installShellFiles
    patchelf
    # Links; buildDotnetModule brings no compiler.
    stdenv.cc
  ];
  buildInputs = [ zlib ];

  postInstall = ''
    mkdir -p "$out/bin"
    ln -s "$out/lib/prism-supervisor/prism-supervisor" "$out/bin/prism-supervisor"
    installShellCompletion --cmd prism-supervisor --bash packaging/completions/prism-supervisor.bash
  '';

  # Both are opened by name when they are first needed: libsystemd for the journal and the manager, libssl for a TLS connection
  # to PostgreSQL. Here, because the fixup phase strips from a binary the paths that nothing is linked from.
  postFixup = ''
    patchelf --add-rpath "${
      lib.makeLibraryPath [
        openssl
        systemdLibs
      ]
    }" "$out/lib/prism-supervisor/prism-supervisor"
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    runHook preInstallCheck
    "$out/bin/prism-supervisor" --version | grep --fixed-strings --quiet "$version"
    runHook postInstallCheck
  '';

  passthru.tests.version = testers.testVersion { package = finalAttrs.finalPackage; };

  meta = {
    description = "Supervisor of a Django site under systemd";
    mainProgram = "prism-supervisor";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
})
